import AudioDSP
import Foundation
import NeuralCore
import TestSupport
import Testing

@Suite struct LoudnessTests {
    /// 0.01 LU from the exact formula for the recordings.
    @Test(arguments: Fixture.all(in: "dsp/level"))
    func recordingsMatchTheFormula(_ fixture: Fixture) throws {
        var compared = 0
        for entry in try required(fixture.config["loudness"].array) {
            let name = try required(entry["name"].string)
            guard fixture.hasTensor("loud.\(name)") else { continue }
            compared += 1
            let channels = try deinterleaved(fixture, "loud.\(name)")
            let rate = try required(entry["fs"].int)
            guard let expected = entry["bs1770_float64"].double else {
                #expect(throws: SignalError.self, "\(name)") { try Loudness.integrated(channels, sampleRate: rate) }
                continue
            }
            let loudness = try Loudness.integrated(channels, sampleRate: rate)
            #expect(abs(loudness - expected) <= 0.01, "\(name): \(loudness) instead of \(expected)")
            if let peak = entry["ffmpeg_true_peak"].double {
                let ours = try Loudness.truePeak(channels, sampleRate: rate)
                #expect((-0.4...0.5).contains(ours - peak), "\(name): true peak \(ours) instead of \(peak)")
            }
        }
        #expect(compared > 0)
    }

    struct Tone: Sendable, CustomTestStringConvertible {
        let name: String
        let rate: Int
        /// Per channel: level in dB of the peak and seconds, one after another.
        let channels: [[(Double, Double)]]
        let expected: Double
        var tolerance = 0.1
        var frequency = 1_000.0
        var testDescription: String { name }
    }

    static let tones: [Tone] = [
        Tone(name: "stereo at -23 dB", rate: 48_000, channels: [[(-23, 20)], [(-23, 20)]], expected: -23),
        Tone(name: "stereo at 44.1 kHz", rate: 44_100, channels: [[(-23, 20)], [(-23, 20)]], expected: -23),
        Tone(name: "mono at -23 dB", rate: 48_000, channels: [[(-23, 10)]], expected: -26.01),
        Tone(
            name: "full scale at 997 Hz", rate: 48_000, channels: [[(0, 10)]], expected: -3.01, tolerance: 0.05,
            frequency: 997),
        Tone(name: "EBU 3341 case 2", rate: 48_000, channels: [[(-33, 20)], [(-33, 20)]], expected: -33),
        Tone(name: "EBU 3341 case 3", rate: 48_000, channels: pair([(-36, 10), (-23, 60), (-36, 10)]), expected: -23),
        Tone(
            name: "EBU 3341 case 4", rate: 48_000,
            channels: pair([(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)]), expected: -23),
        Tone(name: "EBU 3341 case 5", rate: 48_000, channels: pair([(-26, 20), (-20, 20.1), (-26, 20)]), expected: -23),
        Tone(
            name: "EBU 3341 case 6", rate: 48_000,
            channels: [[(-28, 20)], [(-28, 20)], [(-24, 20)], [(-30, 20)], [(-30, 20)]], expected: -23),
    ]

    private static func pair(_ parts: [(Double, Double)]) -> [[(Double, Double)]] { [parts, parts] }

    @Test(arguments: tones)
    func tonesHaveTheirClosedForm(_ tone: Tone) throws {
        let channels = tone.channels.map { parts in
            parts.flatMap { level, seconds in
                sine(tone.frequency, rate: tone.rate, seconds: seconds, amplitude: pow(10, level / 20))
            }
        }
        let loudness = try Loudness.integrated(channels, sampleRate: tone.rate)
        #expect(abs(loudness - tone.expected) <= tone.tolerance, "\(loudness)")
    }

    @Test func theLowFrequencyChannelDoesNotCount() throws {
        let tone = sine(1_000, rate: 48_000, seconds: 2, amplitude: 0.1)
        let silence = [Float](repeating: 0, count: tone.count)
        let without = try Loudness.integrated([tone, silence, silence, silence, silence, silence], sampleRate: 48_000)
        let with = try Loudness.integrated([tone, silence, silence, tone, silence, silence], sampleRate: 48_000)
        #expect(without == with)
    }

    @Test func silenceHasNoLoudness() throws {
        let silence = [[Float](repeating: 0, count: 48_000)]
        #expect(try Loudness.integrated(silence, sampleRate: 48_000) == -.infinity)
        #expect(try Loudness.truePeak(silence, sampleRate: 48_000) == -.infinity)
        #expect(throws: SignalError.self) { try Loudness.integrated([], sampleRate: 48_000) }
        #expect(throws: SignalError.self) { try Loudness.integrated([[1], []], sampleRate: 48_000) }
        #expect(throws: SignalError.self) { try Loudness.integrated(silence, sampleRate: 0) }
        #expect(throws: SignalError.notFinite(operation: "Loudness", sample: 0)) {
            try Loudness.truePeak([[.infinity, 0]], sampleRate: 48_000)
        }
    }

    /// A sine at a quarter of the rate whose samples all miss the crest: -9.03 dB at the samples, -6.02 dB between.
    @Test func truePeakLiesBetweenTheSamples() throws {
        let samples = (0..<48_000).map { Float(0.5 * sin(.pi / 2 * Double($0) + .pi / 4)) }
        let faded = samples.enumerated().map { $1 * min(1, Float(min($0, samples.count - 1 - $0)) / 4_800) }
        #expect(abs(Level.decibels(amplitude: Double(Level.peak(faded))) + 9.03) < 0.01)
        let peak = try Loudness.truePeak([faded], sampleRate: 48_000)
        #expect((-6.42 ... -5.82).contains(peak), "\(peak)")
    }

    private func sine(_ frequency: Double, rate: Int, seconds: Double, amplitude: Double) -> [Float] {
        (0..<Int((seconds * Double(rate)).rounded())).map {
            Float(amplitude * sin(2 * .pi * frequency * Double($0) / Double(rate)))
        }
    }

    private func deinterleaved(_ fixture: Fixture, _ name: String) throws -> [[Float]] {
        let values = try fixture.floats(name), shape = try fixture.shape(name)
        let count = shape.count > 1 ? shape[1] : 1
        return (0..<count).map { channel in stride(from: channel, to: values.count, by: count).map { values[$0] } }
    }
}
