import CKernels
import NeuralCore

/// A 3×3 convolution over the current frame and the two before, for features `[bins, channels]`.
///
/// Frames are kept with a bin of zeros at either end. Each of the three rows of the kernel is one product in which
/// the input rows overlap.
final class FrameConvolution {
    let bins: Int, channels: Int
    private let stride: Int
    private let products: [PackedProduct]
    private let frames: UnsafeMutablePointer<Float>
    /// Where the frame is that comes next or was given last.
    private var slot = 0
    private var frameSize: Int { (bins + 2) * stride }

    /// - Parameters:
    ///   - stride: Floats from one bin to the next, at least `channels`; those beyond must stay zero.
    ///   - weight: The factor of an input channel, two frames (0) to no frame (2) before, one bin below (0) to one
    ///     above (2), in an output channel.
    init(
        in arena: StreamArena, bins: Int, channels: Int, stride: Int, outputs: Int, bias: [Float],
        weight: (_ channel: Int, _ frame: Int, _ bin: Int, _ output: Int) -> Float
    ) {
        (self.bins, self.channels, self.stride) = (bins, channels, stride)
        products = (0..<3).map { frame in
            let ownBias = frame == 0 ? bias : [Float](repeating: 0, count: outputs)
            return PackedProduct(in: arena, depth: 3 * stride, columns: outputs, bias: ownBias) { row, output in
                let channel = row % stride
                return channel < channels ? weight(channel, frame, row / stride, output) : 0
            }
        }
        frames = arena.floats(3 * (bins + 2) * stride)
    }

    /// Where the next frame's features go, `[bins, stride]`.
    var next: UnsafeMutablePointer<Float> { frames + slot * frameSize + stride }

    /// Convolves up to the frame at `next`, and makes room for another. Output rows have whole panels.
    func callAsFunction(into output: UnsafeMutablePointer<Float>, stride outputStride: Int) {
        for age in 0..<3 {
            products[age](
                frames + (slot + 1 + age) % 3 * frameSize, stride: stride, rows: bins, into: output,
                stride: outputStride, adds: age > 0)
        }
        slot = (slot + 1) % 3
    }

    func reset() {
        frames.update(repeating: 0, count: 3 * frameSize)
        slot = 0
    }

    /// The features of the last frame but one (0) or of the last (1).
    func past(_ index: Int) -> UnsafeMutablePointer<Float> { frames + (slot + 1 + index) % 3 * frameSize + stride }
}
