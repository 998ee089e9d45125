import CKernels
import NeuralCore

/// The body of a causal band-split network for one frame after another: features of the bands, dual-path blocks, and
/// what the head makes of each band.
package struct FrameTrunk {
    /// The layers of the network over whole signals.
    package struct Layers {
        package var blocks: [DualPathBlock]
        package var norm: LayerNorm
        /// To the inner features, before SiLU.
        package var expand: Linear

        package init(blocks: [DualPathBlock], norm: LayerNorm, expand: Linear) {
            (self.blocks, self.norm, self.expand) = (blocks, norm, expand)
        }
    }

    package let bands: Int, channels: Int, stride: Int
    private let blocks: [(bands: BandRecurrence, frames: FrameRecurrence)]
    private let normWeight, normBias: UnsafeMutablePointer<Float>
    private let epsilon: Float
    private let expand: PackedProduct
    /// `[bands, stride]`, written by the caller before each call.
    package let features: UnsafeMutablePointer<Float>
    private let normed, hidden: UnsafeMutablePointer<Float>

    /// - Parameter channels: Features of a band.
    package init(_ layers: Layers, bands: Int, channels: Int, in arena: StreamArena) {
        (self.bands, self.channels, stride) = (bands, channels, paneled(channels))
        blocks = layers.blocks.map {
            (
                BandRecurrence($0.bands, bands: bands, channels: channels, in: arena),
                FrameRecurrence($0.time, bands: bands, channels: channels, in: arena)
            )
        }
        normWeight = arena.floats(copying: layers.norm.weight!.values)
        normBias = arena.floats(copying: layers.norm.bias!.values)
        epsilon = layers.norm.epsilon
        let expansion = layers.expand.weight.values, bias = layers.expand.bias!.values
        expand = PackedProduct(in: arena, depth: channels, columns: bias.count, bias: bias) { row, column in
            expansion[column * channels + row]
        }
        features = arena.floats(bands * stride)
        normed = arena.floats(bands * stride)
        hidden = arena.floats(bands * expand.columns)
    }

    /// Runs the blocks over `features`.
    ///
    /// - Parameter prepare: Is called before each block with its index, to change the features.
    package func callAsFunction(before prepare: (Int) -> Void = { _ in }) {
        for (index, block) in blocks.enumerated() {
            prepare(index)
            block.bands(features)
            block.frames(features)
        }
        ck_norm_rows(features, stride, bands, channels, normWeight, normBias, epsilon, normed, stride)
        expand(normed, stride: stride, rows: bands, into: hidden, stride: expand.columns)
        ck_unary(CK_SILU, hidden, hidden, bands * expand.columns, 0, 0)
    }

    /// Applies a map of the inner features of one band.
    package func apply(_ map: PackedProduct, ofBand band: Int, into output: UnsafeMutablePointer<Float>, stride: Int) {
        map(hidden + band * expand.columns, stride: expand.columns, rows: 1, into: output, stride: stride)
    }

    package func reset() { for block in blocks { block.frames.reset() } }
}
