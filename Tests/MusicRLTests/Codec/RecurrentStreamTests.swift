import NeuralCore
import TestSupport
import Testing

@testable import MusicRL

@Suite(.serialized) struct RecurrentStreamTests {
    /// The packed steps are the LSTM's, for units that fill their panels or not, in one part or in several.
    @Test(arguments: [5, 32, 300]) func isTheLSTM(_ size: Int) {
        var random = Philox(seed: UInt64(size))
        let lstm = LSTM(inputSize: size, hiddenSize: size, layers: 2, using: &random)
        let input = Tensor.gaussian([2, size, 11], using: &random)
        let expected = input + lstm(input.transposed([0, 2, 1])).transposed([0, 2, 1])
        var stream = RecurrentStream(lstm)
        for _ in 0..<2 { // Ended, it stands before a new input.
            expectClose(stream.process(input, isLast: true), expected, relativeToPeak: 1e-6)
        }
        let pieces = [0..<1, 1..<5, 5..<11].map { stream.process(input.columns($0), isLast: $0.upperBound == 11) }
        expectClose(.concatenated(pieces, axis: 2), expected, relativeToPeak: 1e-6)
    }

    /// The threads share a step; the numbers do not depend on how many they are.
    @Test func threads() {
        let count = ComputeThreads.count
        defer { ComputeThreads.count = count }
        var random = Philox(seed: 1)
        let stream = RecurrentStream(LSTM(inputSize: 400, hiddenSize: 400, layers: 1, using: &random))
        let input = Tensor.gaussian([1, 400, 6], using: &random)
        let results = [1, 2, 5].map { threads -> Tensor in
            ComputeThreads.count = threads
            var stream = stream
            return stream.process(input, isLast: true)
        }
        #expect(results[0] == results[1] && results[0] == results[2])
    }
}
