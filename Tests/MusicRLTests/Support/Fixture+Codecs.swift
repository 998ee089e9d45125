import NeuralCore
import TestSupport
import Testing

@testable import MusicRL

extension Fixture {
    /// The codec that the set's settings and weights describe.
    func encodec(weights name: String = "model.safetensors", codebooks: Int? = nil) throws -> EnCodec {
        try EnCodec(
            EnCodecConfiguration(config, path: path(of: "config.json")), weights: SafeTensorsFile(path: path(of: name)),
            codebooks: codebooks)
    }

    /// Codes of one item of a batch, `[codebooks][frames]`, stored as `[1, batch, codebooks, frames]`.
    func codes(_ name: String, item: Int) throws -> [[Int32]] {
        let shape = try shape(name), values = try floats(name), (rows, frames) = (shape[2], shape[3])
        return (0..<rows).map { row in
            let start = (item * rows + row) * frames
            return values[start..<start + frames].map { Int32($0) }
        }
    }

    /// One item of `[batch, channels, samples]`.
    func signal(_ name: String, item: Int) throws -> [[Float]] {
        let tensor = try tensor(name)
        return (0..<tensor.shape[1]).map { channel in
            tensor.sliced(axis: 0, item..<item + 1).sliced(axis: 1, channel..<channel + 1).values
        }
    }
}

/// Fails unless |a − b| ≤ 1e-5 + 1e-5 · max |b|, the fixtures' tolerance.
func expectReference(_ actual: [Float], _ expected: [Float], _ label: String, sourceLocation: SourceLocation = #_sourceLocation) {
    let peak = expected.reduce(0) { max($0, abs($1)) }
    expectClose(actual, expected, absolute: 1e-5 + 1e-5 * Double(peak), label, sourceLocation: sourceLocation)
}

func expectReference(_ actual: Tensor, _ expected: Tensor, _ label: String, sourceLocation: SourceLocation = #_sourceLocation) {
    guard actual.shape == expected.shape else {
        Issue.record("\(label): the shape is \(actual.shape) instead of \(expected.shape)", sourceLocation: sourceLocation)
        return
    }
    expectReference(actual.values, expected.values, label, sourceLocation: sourceLocation)
}
