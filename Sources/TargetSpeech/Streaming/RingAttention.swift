import CKernels
import NeuralCore

/// Attention of one frame to itself and the frames before, added to its features.
///
/// Keys and values of the last frames are kept in rings, `[heads, frames, width]`; a frame that never was counts as
/// zero keys and values.
final class RingAttention {
    let heads: Int, frames: Int, keyWidth: Int, valueWidth: Int
    private let bins: Int, width: Int, stride: Int, queryFeatures: Int, valueFeatures: Int
    private let projection, mixture: PackedProduct
    private let queryNorm, keyNorm, valueNorm, outputNorm: Norm
    private let keys, values: UnsafeMutablePointer<Float>
    private let projected, gathered, query, weights, heard, concatenated, mixed: UnsafeMutablePointer<Float>
    /// The slot of the oldest frame, which the next one takes.
    private var slot = 0

    private struct Norm {
        let width: Int
        let weight, bias: UnsafeMutablePointer<Float>

        init(_ name: String, width: Int, _ weights: StreamWeights, in arena: StreamArena) throws {
            self.width = width
            weight = arena.floats(copying: try weights(name + ".norm.weight", width))
            bias = arena.floats(copying: try weights(name + ".norm.bias", width))
        }

        @inline(__always)
        func callAsFunction(_ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>) {
            ck_norm_rows(x, width, 1, width, weight, bias, 1e-5, y, width)
        }
    }

    init(_ configuration: ExtractorConfiguration, _ weights: StreamWeights, in arena: StreamArena) throws {
        let (bins, width) = (configuration.binCount, configuration.width)
        let queryFeatures = configuration.queryWidth, valueFeatures = configuration.valueWidth
        (self.bins, self.width, self.queryFeatures, self.valueFeatures) = (bins, width, queryFeatures, valueFeatures)
        heads = configuration.heads
        frames = configuration.attentionFrames
        stride = paneled(width)
        keyWidth = paneled(bins * queryFeatures)
        valueWidth = paneled(bins * valueFeatures)

        var matrix: [Float] = [], bias: [Float] = [], slopes: [Float] = []
        for (name, columns) in [("Q", heads * queryFeatures), ("K", heads * queryFeatures), ("V", width)] {
            let scope = weights.scope("attn_conv_" + name)
            matrix += try scope("0.weight", columns, width)
            bias += try scope("0.bias", columns)
            slopes += [Float](repeating: try scope("1.weight", 1)[0], count: columns)
        }
        projection = PackedProduct(
            in: arena, depth: paneled(width), columns: bias.count, bias: bias, slopes: slopes
        ) { feature, column in feature < width ? matrix[column * width + feature] : 0 }
        queryNorm = try Norm("attn_conv_Q.3", width: bins * queryFeatures, weights, in: arena)
        keyNorm = try Norm("attn_conv_K.3", width: bins * queryFeatures, weights, in: arena)
        valueNorm = try Norm("attn_conv_V.3", width: bins * valueFeatures, weights, in: arena)
        outputNorm = try Norm("attn_concat_proj.3", width: bins * width, weights, in: arena)
        let linear = try weights("attn_concat_proj.0.weight", width, width)
        mixture = PackedProduct(
            in: arena, depth: paneled(width), columns: width, bias: try weights("attn_concat_proj.0.bias", width),
            slopes: [Float](repeating: try weights("attn_concat_proj.1.weight", 1)[0], count: width)
        ) { feature, column in feature < width ? linear[column * width + feature] : 0 }

        keys = arena.floats(heads * frames * keyWidth)
        values = arena.floats(heads * frames * valueWidth)
        projected = arena.floats(bins * projection.columns)
        gathered = arena.floats(bins * max(queryFeatures, width))
        query = arena.floats(keyWidth)
        self.weights = arena.floats(frames)
        heard = arena.floats(valueWidth)
        concatenated = arena.floats(bins * paneled(width))
        mixed = arena.floats(bins * paneled(width))
    }

    /// `features` is `[bins, stride]`.
    func callAsFunction(_ features: UnsafeMutablePointer<Float>) {
        projection(features, stride: stride, rows: bins, into: projected, stride: projection.columns)
        let scale = 1 / Float(bins * queryFeatures).squareRoot()
        for head in 0..<heads {
            let ring = head * frames
            gather(head * queryFeatures, queryFeatures, queryNorm, into: query)
            gather((heads + head) * queryFeatures, queryFeatures, keyNorm, into: keys + (ring + slot) * keyWidth)
            gather(
                2 * heads * queryFeatures + head * valueFeatures, valueFeatures, valueNorm,
                into: values + (ring + slot) * valueWidth)
            ck_attend(
                query, keys + ring * keyWidth, keyWidth, values + ring * valueWidth, valueWidth, frames, scale,
                weights, heard)
            ck_copy_rows(heard, valueFeatures, concatenated + head * valueFeatures, stride, bins, valueFeatures)
        }
        slot = slot + 1 == frames ? 0 : slot + 1
        mixture(concatenated, stride: stride, rows: bins, into: mixed, stride: stride)
        ck_copy_rows(mixed, stride, gathered, width, bins, width)
        outputNorm(gathered, into: mixed)
        ck_add_rows(mixed, width, features, stride, bins, width)
    }

    /// Normalises some projected columns of all bins together, bin by bin.
    @inline(__always)
    private func gather(_ column: Int, _ count: Int, _ norm: Norm, into destination: UnsafeMutablePointer<Float>) {
        ck_copy_rows(projected + column, projection.columns, gathered, count, bins, count)
        norm(gathered, into: destination)
    }

    func reset() {
        keys.update(repeating: 0, count: heads * frames * keyWidth)
        values.update(repeating: 0, count: heads * frames * valueWidth)
        slot = 0
    }

    /// The key and the value that are `age` frames older than the oldest one kept.
    func key(head: Int, age: Int) -> UnsafeMutablePointer<Float> {
        keys + (head * frames + (slot + age) % frames) * keyWidth
    }

    func value(head: Int, age: Int) -> UnsafeMutablePointer<Float> {
        values + (head * frames + (slot + age) % frames) * valueWidth
    }
}
