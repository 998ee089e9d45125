import AudioDSP
import Testing

@Suite struct BlendedProcessorTests {
    @Test(arguments: [Float(0), 0.25, 1])
    func theInputIsMixedInAlignedInTime(_ strength: Float) throws {
        let processor = BlendedProcessor(DelayProcessor(channels: 2, latency: 64), strength: strength)
        let stream = ReblockedStream(processor)
        try stream.prepare()
        let signal = [noise(1_000, seed: 1), noise(1_000, seed: 2)]
        let output = stream.run(signal, blocks: [128])
        for channel in 0..<2 {
            let factor = strength * Float(channel + 1) + (1 - strength)
            for index in stream.latency..<1_000 {
                #expect(abs(output[channel][index] - factor * signal[channel][index - stream.latency]) < 1e-6)
            }
        }
    }

    @Test func fullStrengthIsTheProcessorToTheBit() {
        let signal = [noise(1_024, seed: 1)]
        let blended = ReblockedStream(BlendedProcessor(DelayProcessor())), plain = ReblockedStream(DelayProcessor())
        #expect(blended.run(signal, blocks: [100]) == plain.run(signal, blocks: [100]))
    }

    @Test func aNewStrengthArrivesOverOneChunk() {
        let processor = BlendedProcessor(DelayProcessor(channels: 2, latency: 0), strength: 0)
        let ones = [Float](repeating: 1, count: 256)
        var output = ones
        processor.process(ones, &output)
        #expect(output.allSatisfy { $0 == 1 })
        processor.strength = 1
        processor.process(ones, &output)
        #expect(abs(output[128] - (1 + 1 / 128)) < 1e-6)
        #expect(output[255] == 2)
        #expect(zip(output[128...], output[129...]).allSatisfy { $1 > $0 })
        processor.process(ones, &output)
        #expect(output[128...].allSatisfy { $0 == 2 })
    }

    @Test func strengthIsBounded() {
        let processor = BlendedProcessor(DelayProcessor(), strength: 7)
        #expect(processor.strength == 1)
        processor.strength = -2
        #expect(processor.strength == 0)
        processor.strength = .nan
        #expect(processor.strength == 0)
    }

    @Test func otherChannelCountsAndNaN() {
        let processor = BlendedProcessor(SumProcessor(), strength: 0.5)
        var input = [Float](repeating: 0.5, count: 16), output = [Float](repeating: 0, count: 8)
        processor.process(input, &output)
        #expect(output.allSatisfy { $0 == 0.75 })
        processor.strength = 0
        input[3] = .nan
        processor.process(input, &output)
        processor.process(input, &output)
        #expect(output[4] == 0.5)
    }
}
