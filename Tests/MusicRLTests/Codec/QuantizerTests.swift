import NeuralCore
import TestSupport
import Testing

@testable import MusicRL

@Suite struct QuantizerTests {
    /// Nearest entries by their definition, stage by stage, in double precision.
    @Test func nearestEntries() {
        var random = Philox(seed: 1)
        let codebooks = (0..<3).map { _ in Tensor.gaussian([17, 5], using: &random) }
        let vectors = Tensor.gaussian([40, 5], using: &random), quantizer = ResidualVectorQuantizer(codebooks: codebooks)
        let codes = quantizer.encode(vectors, codebooks: 3)
        for row in 0..<40 {
            var rest = (0..<5).map { Double(vectors.values[row * 5 + $0]) }
            for (stage, codebook) in codebooks.enumerated() {
                let entries = (0..<17).map { bin in (0..<5).map { Double(codebook.values[bin * 5 + $0]) } }
                let distances = entries.map { entry in zip(entry, rest).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } }
                let best = distances.indices.min { distances[$0] < distances[$1] }!
                #expect(codes[stage][row] == Int32(best))
                rest = zip(rest, entries[best]).map { $0 - $1 }
            }
        }
        // Every stage brings the sum nearer.
        let errors = (1...3).map { (vectors - quantizer.decode(Array(codes.prefix($0)))).values.reduce(0) { $0 + $1 * $1 } }
        #expect(errors[1] < errors[0] && errors[2] < errors[1])
    }

    /// Equally near entries: the first one.
    @Test func ties() {
        let codebook = Tensor([1, 0, 1, 0, 0, 1], shape: [3, 2])
        let codes = ResidualVectorQuantizer(codebooks: [codebook]).encode(Tensor([2, 0, 0, 3, 0.5, 0.5], shape: [3, 2]), codebooks: 1)
        #expect(codes == [[0, 2, 0]])
    }

    /// The quantised values pass gradients on as they are; each loss reaches what it is for.
    @Test func gradients() {
        var random = Philox(seed: 9)
        let vectors = Tensor.gaussian([6, 4], using: &random), codebooks = (0..<2).map { _ in Tensor.gaussian([5, 4], using: &random) }
        func quantized(_ inputs: [Tensor]) -> QuantizedLatents { QuantizedLatents(inputs[0], codebooks: Array(inputs[1...])) }
        let inputs = [vectors] + codebooks
        let weights = Tensor.gaussian([6, 4], using: &random)
        let (_, through) = valueAndGradient(at: inputs) { (quantized($0).values * weights).sum() }
        #expect(through[0] == weights && through[1].values.allSatisfy { $0 == 0 })
        let plain = ResidualVectorQuantizer(codebooks: codebooks)
        expectClose(quantized(inputs).values, plain.decode(plain.encode(vectors, codebooks: 2)), absolute: 1e-6)

        let (_, own) = valueAndGradient(at: inputs) { quantized($0).codebookLoss }
        let (_, commitment) = valueAndGradient(at: inputs) { quantized($0).commitmentLoss }
        #expect(own[0].values.allSatisfy { $0 == 0 } && own[1].values.contains { $0 != 0 } && own[2].values.contains { $0 != 0 })
        #expect(commitment[0].values.contains { $0 != 0 } && commitment[1].values.allSatisfy { $0 == 0 })
        checkGradients(at: [vectors], step: 1e-3, "commitment") { QuantizedLatents($0[0], codebooks: codebooks).commitmentLoss }
        checkGradients(at: [codebooks[1]], step: 1e-3, "codebook") {
            QuantizedLatents(vectors, codebooks: [codebooks[0], $0[0]]).codebookLoss
        }
    }

    /// Entries that nothing chooses move to vectors; those in use stay.
    @Test func resets() {
        var random = Philox(seed: 3)
        let vectors = Tensor.gaussian([64, 2], using: &random)
        // One entry among the vectors and seven far away.
        var codebooks = [Tensor([0, 0] + [Float](repeating: 100, count: 14), shape: [8, 2])]
        var usage = Tensor.ones([1, 8]), replaced = 0
        for _ in 0..<60 {
            replaced += CodebookReset.refresh(&codebooks, usage: &usage, on: vectors, memory: 0.9, threshold: 0.1, using: &random)
        }
        #expect(replaced >= 7)
        #expect(codebooks[0].values.prefix(2) == [0, 0] && codebooks[0].values.allSatisfy { abs($0) < 10 })
        let codes = ResidualVectorQuantizer(codebooks: codebooks).encode(vectors, codebooks: 1)[0]
        #expect(Set(codes).count >= 7)
    }
}
