import CKernels
import NeuralCore

/// `EnhancerNetwork`, causal and at the end of the bridge, for one compressed frame after another.
///
/// There the state is the noisy frame itself, so their weights are added once for all.
struct FrameNetwork {
    private let bins: Int, channels: Int, stride: Int, bands: Int
    private let widths: [Int]
    private let splits, masks: [PackedProduct]
    private let recurrences: [(bands: BandRecurrence, frames: FrameRecurrence)]
    private let normWeight, normBias: UnsafeMutablePointer<Float>
    private let epsilon: Float
    private let expand: PackedProduct
    private let inputs, features, normed, hidden, filters: UnsafeMutablePointer<Float>
    /// The last two frames, `[2][bins, 2]`, the nearer one first.
    private let past: UnsafeMutablePointer<Float>
    private let filterWidth: Int

    /// Complex terms for the previous, the present and the frame before the previous, and one that is added.
    private static let terms = 4

    init(_ network: EnhancerNetwork, in arena: StreamArena) {
        let channels = network.configuration.channels, widths = network.widths, inner = 2 * channels
        (bins, self.channels, self.widths, bands) = (network.configuration.bins, channels, widths, widths.count)
        stride = paneled(channels)
        let shift = network.embedding([1]).values
        let (split, splitBias) = (network.split.weight.values, network.split.bias.values)
        var offset = 0
        splits = widths.enumerated().map { band, width in
            // Features of a bin: state (2), noisy (2), |state|, |noisy|.
            let base = offset, perBin = EnhancerNetwork.featuresPerBin, depth = perBin * width
            offset += channels * depth
            let bias = (0..<channels).map { splitBias[band * channels + $0] + shift[$0] }
            return PackedProduct(in: arena, depth: 3 * width, columns: channels, bias: bias) { row, column in
                let start = base + column * depth + row / 3 * perBin
                return switch row % 3 {
                case 0: split[start] + split[start + 2]
                case 1: split[start + 1] + split[start + 3]
                default: split[start + 4] + split[start + 5]
                }
            }
        }
        recurrences = network.blocks.map {
            (
                BandRecurrence($0.bands, bands: widths.count, channels: channels, in: arena),
                FrameRecurrence($0.time, bands: widths.count, channels: channels, in: arena)
            )
        }
        normWeight = arena.floats(copying: network.norm.weight!.values)
        normBias = arena.floats(copying: network.norm.bias!.values)
        epsilon = network.norm.epsilon
        let expansion = network.expand.weight.values
        expand = PackedProduct(in: arena, depth: channels, columns: inner, bias: network.expand.bias!.values) { row, column in
            expansion[column * channels + row]
        }
        let (mask, maskBias) = (network.masks.weight.values, network.masks.bias.values)
        let floats = 2 * EnhancerNetwork.termsPerBin
        var maskOffset = 0, binOffset = 0
        masks = widths.map { width in
            let base = maskOffset, first = binOffset
            maskOffset += inner * floats * width
            binOffset += width
            /// Rows of the map for a column: the state's term (3) joins the present frame's (1).
            func rows(_ column: Int) -> [Int] {
                let (bin, term, part) = (column / 8, column / 2 % 4, column % 2)
                let sources = [[0], [1, 3], [2], [4]][term]
                return sources.map { bin * floats + $0 * 2 + part }
            }
            let bias = (0..<8 * width).map { column in
                rows(column).reduce(Float(0)) { $0 + maskBias[first * floats + $1] }
            }
            return PackedProduct(in: arena, depth: inner, columns: 8 * width, bias: bias) { row, column in
                rows(column).reduce(Float(0)) { $0 + mask[base + $1 * inner + row] }
            }
        }
        inputs = arena.floats(3 * (widths.max() ?? 0))
        features = arena.floats(bands * stride)
        normed = arena.floats(bands * stride)
        hidden = arena.floats(bands * expand.columns)
        filterWidth = masks.map(\.columns).max() ?? 0
        filters = arena.floats(filterWidth)
        past = arena.floats(4 * bins)
    }

    /// `frame` and `output` are `[bins, 2]`.
    func callAsFunction(_ frame: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>) {
        var bin = 0
        for (band, width) in widths.enumerated() {
            for index in 0..<width {
                let (re, im) = (frame[2 * (bin + index)], frame[2 * (bin + index) + 1])
                inputs[3 * index] = re
                inputs[3 * index + 1] = im
                inputs[3 * index + 2] = (re * re + im * im + 1e-8).squareRoot()
            }
            splits[band](inputs, stride: 3 * width, rows: 1, into: features + band * stride, stride: stride)
            bin += width
        }
        for block in recurrences {
            block.bands(features)
            block.frames(features)
        }
        ck_norm_rows(features, stride, bands, channels, normWeight, normBias, epsilon, normed, stride)
        expand(normed, stride: stride, rows: bands, into: hidden, stride: expand.columns)
        ck_unary(CK_SILU, hidden, hidden, bands * expand.columns, 0, 0)
        bin = 0
        for (band, width) in widths.enumerated() {
            masks[band](hidden + band * expand.columns, stride: expand.columns, rows: 1, into: filters, stride: filterWidth)
            for index in 0..<width { filter(bin + index, filters + 8 * index, frame, output) }
            bin += width
        }
        (past + 2 * bins).update(from: past, count: 2 * bins)
        past.update(from: frame, count: 2 * bins)
    }

    @inline(__always)
    private func filter(
        _ bin: Int, _ m: UnsafePointer<Float>, _ frame: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>
    ) {
        let (i, j) = (2 * bin, 2 * bin + 1), older = past + 2 * bins
        output[i] = m[0] * past[i] - m[1] * past[j] + m[2] * frame[i] - m[3] * frame[j] + m[4] * older[i] - m[5] * older[j] + m[6]
        output[j] = m[0] * past[j] + m[1] * past[i] + m[2] * frame[j] + m[3] * frame[i] + m[4] * older[j] + m[5] * older[i] + m[7]
    }

    func reset() {
        for block in recurrences { block.frames.reset() }
        past.update(repeating: 0, count: 4 * bins)
    }
}
