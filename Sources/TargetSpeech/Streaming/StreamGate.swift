import CKernels
import NeuralCore

/// What the voice multiplies the features with: a projection of its embedding, the same for every frame.
struct StreamGate {
    private let bins: Int, width: Int, embeddingSize: Int
    private let matrix, bias, normWeight, normBias: [Float]

    init(_ configuration: ExtractorConfiguration, _ weights: StreamWeights) throws {
        bins = configuration.binCount
        width = configuration.width
        embeddingSize = configuration.embeddingSize
        let weights = weights.scope("embed_to_feats_proj"), size = bins * width
        matrix = try weights("0.weight", size, embeddingSize)
        bias = try weights("0.bias", size)
        normWeight = try weights("1.weight", size)
        normBias = try weights("1.bias", size)
    }

    /// Throws unless `embedding` has the network's size and is finite.
    func check(_ embedding: [Float]) throws {
        guard embedding.count == embeddingSize else {
            throw TargetSpeechError.embeddingSize(found: embedding.count, expected: embeddingSize)
        }
        guard embedding.allSatisfy(\.isFinite) else { throw TargetSpeechError.embeddingNotFinite }
    }

    /// Writes the factors, `[bins, stride]`; the projection itself is channel-major, `[width, bins]`.
    func write(_ embedding: [Float], into gate: UnsafeMutablePointer<Float>, stride: Int) {
        var projected = bias.map(Double.init)
        for row in projected.indices {
            for column in 0..<embeddingSize {
                projected[row] += Double(matrix[row * embeddingSize + column]) * Double(embedding[column])
            }
        }
        let mean = projected.reduce(0, +) / Double(projected.count)
        let variance = projected.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(projected.count)
        let scale = 1 / (variance + 1e-5).squareRoot()
        for bin in 0..<bins {
            for feature in 0..<width {
                let row = feature * bins + bin
                gate[bin * stride + feature] =
                    Float((projected[row] - mean) * scale) * normWeight[row] + normBias[row]
            }
        }
    }
}
