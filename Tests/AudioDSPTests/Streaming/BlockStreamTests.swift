import Foundation
import Testing

@testable import AudioDSP

@Suite struct BlockStreamTests {
    static let blocks = [[1], [37], [128], [480], [512], [4_096], [3, 700, 1, 129, 64]]

    @Test(arguments: blocks)
    func reblockingOnlyDelays(_ blocks: [Int]) throws {
        let stream = ReblockedStream(DelayProcessor(channels: 2))
        try stream.prepare()
        #expect(stream.latency == 64 + 127)
        let signal = [noise(10_000, seed: 1), noise(10_000, seed: 2)]
        for _ in 0..<2 {
            let output = stream.run(signal, blocks: blocks)
            for channel in 0..<2 {
                let silence = [Float](repeating: 0, count: stream.latency)
                let expected = silence + signal[channel].dropLast(stream.latency).map { $0 * Float(channel + 1) }
                #expect(output[channel] == expected)
            }
            stream.reset()
        }
    }

    @Test func inAndOutMayBeTheSameMemory() throws {
        let signal = noise(1_000, seed: 1)
        for rate in [16_000, 44_100] {
            let stream = try DelayProcessor().blocks(at: rate)
            let expected = stream.run([signal], blocks: [333])[0]
            stream.reset()
            var samples = signal
            samples.withUnsafeMutableBufferPointer { stream.process($0.baseAddress!, $0.baseAddress!, frames: 1_000) }
            #expect(samples == expected)
        }
    }

    @Test(arguments: [8_000, 11_025, 22_050, 32_000, 44_100, 48_000, 96_000], blocks)
    func convertedRatesGiveTheSameBits(_ rate: Int, _ blocks: [Int]) throws {
        let stream = try DelayProcessor(channels: 2).blocks(at: rate)
        try stream.prepare()
        let signal = [noise(9_000, seed: 1), noise(9_000, seed: 2)]
        let expected = stream.run(signal, blocks: [256])
        stream.reset()
        #expect(stream.run(signal, blocks: blocks) == expected)
    }

    @Test(arguments: [8_000, 11_025, 22_050, 32_000, 44_100, 48_000, 96_000])
    func theLatencyIsTheStatedOne(_ rate: Int) throws {
        let stream = try DelayProcessor().blocks(at: rate)
        let signal = (0..<rate).map { index in
            let time = Double(index) / Double(rate)
            return Float(0.4 * sin(2 * .pi * 440 * time) + 0.3 * sin(2 * .pi * 1_234 * time + 1))
        }
        let output = stream.run([signal], blocks: [480])[0]
        let settled = stream.latency + rate / 10
        var error = 0.0, power = 0.0
        for index in settled..<signal.count {
            let expected = Double(signal[index - stream.latency])
            error += (Double(output[index]) - expected) * (Double(output[index]) - expected)
            power += expected * expected
        }
        // Half a frame of rounding at 1234 Hz is the largest part of it.
        let bound = pow(Double.pi * 1_000 / Double(rate), 2) + 1e-4
        #expect(error / power < bound, "\(error / power) against \(bound)")
    }

    @Test(arguments: [22_050, 32_000, 44_100, 48_000, 96_000])
    func conversionAddsAtMostThreeMilliseconds(_ rate: Int) throws {
        let inner = DelayProcessor()
        let converted = try inner.blocks(at: rate), plain = ReblockedStream(inner)
        let added = Double(converted.latency) / Double(rate) - Double(plain.latency) / 16_000
        #expect(added <= 0.003)
        #expect(added > 0.001, "filters without delay are none")
    }

    /// What is above half the lower rate must not come back, and what is well below must stay.
    @Test(arguments: [(1_000.0, -0.2...0.2), (6_000, -1.0...0.5), (9_500, -200.0 ... -30.0), (15_000, -200.0 ... -45.0)])
    func theBandIsThatOfTheLowerRate(_ frequency: Double, _ range: ClosedRange<Double>) throws {
        let stream = try DelayProcessor().blocks(at: 48_000)
        let signal = (0..<48_000).map { Float(sin(2 * .pi * frequency * Double($0) / 48_000)) }
        let output = stream.run([signal], blocks: [480])[0].suffix(24_000)
        let level = 10 * log10(output.reduce(1e-20) { $0 + Double($1) * Double($1) } / 12_000)
        #expect(range.contains(level), "\(level) dB")
    }

    /// An hour at 44.1 kHz: a click at the end is as late as one at the beginning, and no frame is missing.
    @Test func anHourDoesNotDrift() throws {
        let stream = try DelayProcessor(chunk: 128, latency: 0).blocks(at: 44_100)
        let block = 4_410, count = 36_000
        var silent = [Float](repeating: 0, count: block), output = silent
        var positions: [Int] = []
        for index in 0..<count {
            let clicks = index == 10 || index == count - 10
            silent[0] = clicks ? 1 : 0
            stream.process(silent, &output, frames: block)
            if clicks { positions.append(output.indices.max { output[$0] < output[$1] }!) }
        }
        #expect(positions.count == 2)
        #expect(abs(positions[0] - positions[1]) <= 1)
        #expect(abs(positions[0] - stream.latency) <= 2)
    }

    @Test func impossibleRatesAreRefused() {
        for rate in [0, -5, 1_000] {
            #expect(throws: SignalError.self) { try DelayProcessor().blocks(at: rate) }
        }
    }
}
