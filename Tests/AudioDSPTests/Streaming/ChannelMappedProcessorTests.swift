import AudioDSP
import Testing

@Suite struct ChannelMappedProcessorTests {
    private func run(_ processor: any StreamProcessor, in inputs: Int, out outputs: Int) throws -> [Float] {
        let mapped = try ChannelMappedProcessor(processor, inputChannels: inputs, outputChannels: outputs)
        let chunk = mapped.chunkLength
        let input = (0..<inputs * chunk).map { Float($0 / chunk + 1) }
        var output = [Float](repeating: -1, count: outputs * chunk)
        mapped.process(input, &output)
        return stride(from: 0, to: output.count, by: chunk).map { output[$0] }
    }

    @Test func channels() throws {
        // The processor multiplies its channels by 1 and 2.
        func both() -> DelayProcessor { DelayProcessor(channels: 2, chunk: 8, latency: 0) }
        #expect(try run(both(), in: 2, out: 2) == [1, 4])
        #expect(try run(both(), in: 1, out: 2) == [1, 2])
        #expect(try run(both(), in: 3, out: 2) == [1, 4])
        #expect(try run(both(), in: 2, out: 1) == [2.5])
        #expect(try run(both(), in: 2, out: 4) == [1, 4, 0, 0])
        #expect(try run(SumProcessor(), in: 1, out: 2) == [2, 2])
        #expect(try run(DelayProcessor(channels: 1, chunk: 8, latency: 0), in: 3, out: 1) == [2])
    }

    @Test func noChannelIsRefused() {
        #expect(throws: SignalError.self) {
            try ChannelMappedProcessor(SumProcessor(), inputChannels: 0, outputChannels: 1)
        }
    }
}
