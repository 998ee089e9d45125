import AudioDSP
import Foundation
import TestSupport
import Testing

@Suite struct ResamplerTests {
    @Test func ratesAndChannelsAreChecked() throws {
        #expect(throws: SignalError.self) { try Resampler.resample([1], from: 0, to: 16_000) }
        #expect(throws: SignalError.self) { try Resampler.resample([1], from: 16_000, to: -1) }
        #expect(throws: SignalError.self) { try StreamingResampler(from: 8_000, to: 16_000, channels: 0) }
        #expect(throws: SignalError.self) {
            try Resampler.resample(channels: [[1, 2], [1]], from: 8_000, to: 16_000)
        }
        let stream = try StreamingResampler(from: 8_000, to: 16_000, channels: 2)
        #expect(throws: SignalError.self) { try stream.process([[1]]) }
    }

    @Test func equalRatesChangeNothing() throws {
        let signal = noise(1_000, seed: 2)
        #expect(try Resampler.resample(signal, from: 44_100, to: 44_100) == signal)
    }

    @Test func aStreamCanBeUsedAgain() throws {
        let stream = try StreamingResampler(from: 48_000, to: 16_000)
        let signal = noise(9_001, seed: 4)
        let first = try stream.process(signal) + stream.flush()[0]
        let second = try stream.process(signal) + stream.flush()[0]
        #expect(first == second)
        #expect(first.count == Resampler.frameCount(for: 9_001, from: 48_000, to: 16_000))
    }

    /// A tone under 0.9 of the lower Nyquist frequency keeps its level within 0.01 dB; one above is gone by 100 dB.
    @Test(arguments: [(48_000, 16_000), (44_100, 16_000), (16_000, 48_000)])
    func tonesPassOrVanish(_ from: Int, _ to: Int) throws {
        let nyquist = Double(min(from, to)) / 2
        for (frequency, gain) in [(0.1, 0.0), (0.5, 0.0), (0.89, 0.0), (1.05, -100.0)] where from > to || gain == 0 {
            let input = (0..<from).map { Float(sin(2 * .pi * frequency * nyquist * Double($0) / Double(from))) }
            let output = try Resampler.resample(input, from: from, to: to)
            let middle = output[to / 4..<3 * to / 4]
            let level = 10 * log10(2 * middle.reduce(0) { $0 + Double($1) * Double($1) } / Double(middle.count) + 1e-30)
            if gain == 0 { #expect(abs(level) < 0.01) } else { #expect(level < gain) }
        }
    }
}
