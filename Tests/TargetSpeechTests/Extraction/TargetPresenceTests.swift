import Foundation
import NeuralCore
import Testing

@testable import TargetSpeech

@Suite struct TargetPresenceTests {
    private static let rate = 16_000

    /// Bursts of noise like syllables: 0.3 s at -26 dB, 0.2 s of pause.
    private static func mixture(seconds: Int, seed: UInt64 = 3) -> [Float] {
        var rng = Philox(seed: seed)
        let noise = Tensor.gaussian([seconds * rate], using: &rng).values
        return noise.indices.map { $0 % 8000 < 4800 ? 0.05 * noise[$0] : 0 }
    }

    private static func observed(
        _ input: [Float], _ output: [Float], cosine: Double? = nil, settings: TargetPresenceSettings = .init()
    ) throws -> TargetPresence {
        var presence = try TargetPresence(sampleRate: rate, settings: settings)
        presence.observe(input: input, output: output)
        if let cosine { presence.observe(cosine: cosine) }
        return presence
    }

    @Test func loudOutputIsPresentAndQuietOutputAbsent() throws {
        let input = Self.mixture(seconds: 6)
        let present = try Self.observed(input, input.map { 0.5 * $0 }).verdict
        let absent = try Self.observed(input, input.map { 0.05 * $0 }).verdict
        #expect(present.state == .present && absent.state == .absent)
        #expect(present.score > 0.9 && absent.score < 0.1)
        #expect(abs(try #require(present.levelRatio) + 6.02) < 0.01)
        #expect(abs(try #require(absent.levelRatio) + 26.02) < 0.01)
        #expect(present.presentPart > 0.8 && absent.presentPart == 0)
        #expect(abs(present.activeDuration - 3.6) < 0.1)
    }

    @Test func aTargetThatSpeaksOnlyInTheLastThirdIsPresent() throws {
        let input = Self.mixture(seconds: 9)
        let output = input.indices.map { ($0 < 6 * Self.rate ? 0.03 : 0.8) * input[$0] }
        var presence = try TargetPresence(sampleRate: Self.rate)
        presence.observe(input: Array(input[..<96_000]), output: Array(output[..<96_000]))
        #expect(presence.state == .absent)
        presence.observe(input: Array(input[96_000...]), output: Array(output[96_000...]))
        #expect(presence.state == .present)
        #expect(presence.verdict.state == .present)
        #expect((0.15...0.4).contains(presence.verdict.presentPart))
    }

    @Test func whatComesOutInPausesDoesNotCount() throws {
        let input = Self.mixture(seconds: 6)
        let output = input.indices.map { $0 % 8000 < 4800 ? 0.03 * input[$0] : 0.5 }
        #expect(try Self.observed(input, output).verdict.state == .absent)
    }

    @Test func theWrongVoiceIsAbsentHoweverLoud() throws {
        let input = Self.mixture(seconds: 6), output = input.map { 0.5 * $0 }
        #expect(try Self.observed(input, output, cosine: 0.3).verdict.state == .absent)
        #expect(try Self.observed(input, output, cosine: 0.85).verdict.state == .present)
        let quiet = input.map { 0.2 * $0 }
        #expect(try Self.observed(input, quiet).verdict.state == .absent)
        #expect(try Self.observed(input, quiet, cosine: 0.9).verdict.state == .present)
    }

    @Test func silenceIsUnknown() throws {
        let silence = [Float](repeating: 0, count: 50_000)
        let presence = try Self.observed(silence, silence)
        #expect(presence.state == .unknown && presence.verdict.state == .unknown)
        #expect(presence.verdict.score == 0.5 && presence.verdict.levelRatio == nil)
    }

    @Test(arguments: [1, 37, 128, 480, 4096]) func chunksDoNotMatter(_ size: Int) throws {
        let input = Self.mixture(seconds: 4), output = input.indices.map { input[$0] * (0.1 + 0.4 * sin(Float($0) / 9000)) }
        let whole = try Self.observed(input, output)
        var chunked = try TargetPresence(sampleRate: Self.rate)
        for start in stride(from: 0, to: input.count, by: size) {
            let range = start..<min(input.count, start + size)
            chunked.observe(input: Array(input[range]), output: Array(output[range]))
        }
        #expect(chunked.verdict == whole.verdict && chunked.state == whole.state)
        chunked.reset()
        chunked.observe(input: input, output: output)
        #expect(chunked.verdict == whole.verdict)
    }

    @Test func bothEarsCount() throws {
        let left = Self.mixture(seconds: 4), right = Self.mixture(seconds: 4, seed: 5)
        var presence = try TargetPresence(sampleRate: Self.rate, channels: 2)
        presence.observe(input: left + right, output: left.map { 0.02 * $0 } + right.map { 0.8 * $0 })
        let ratio = try #require(presence.verdict.levelRatio)
        #expect(abs(ratio - 10 * log10(0.32)) < 0.2)
        #expect(presence.verdict.state == .present)
    }

    @Test func samplesThatAreNoNumbersChangeNothing() throws {
        var input = Self.mixture(seconds: 4)
        let output = input.map { 0.03 * $0 }
        input[20_000] = .nan
        input[20_001] = .infinity
        let verdict = try Self.observed(input, output, cosine: .nan).verdict
        #expect(verdict.state == .absent && verdict.cosine == nil && verdict.score.isFinite)
    }

    /// Around the threshold the state stays until the evidence is clear.
    @Test func theStateDoesNotFlicker() throws {
        let input = Self.mixture(seconds: 20)
        let output = input.indices.map { input[$0] * ($0 / 16_000 % 2 == 0 ? 0.2412 : 0.2612) }
        func changes(_ hysteresis: Double) throws -> Int {
            var settings = TargetPresenceSettings(), count = 0, last = TargetPresence.State.unknown
            settings.hysteresis = hysteresis
            settings.smoothing = 0.3
            var presence = try TargetPresence(sampleRate: Self.rate, settings: settings)
            for start in stride(from: 0, to: input.count, by: 320) {
                presence.observe(input: Array(input[start..<start + 320]), output: Array(output[start..<start + 320]))
                if presence.state != last { (last, count) = (presence.state, count + 1) }
            }
            return count
        }
        #expect(try changes(0.5) == 1)
        #expect(try changes(0) > 5)
    }

    @Test func impossibleSettingsAreRefused() {
        var settings = TargetPresenceSettings()
        settings.smoothing = .nan
        #expect(throws: TargetSpeechError.self) { try TargetPresence(sampleRate: 16_000, settings: settings) }
        #expect(throws: TargetSpeechError.self) { try TargetPresence(sampleRate: 0) }
        #expect(throws: TargetSpeechError.self) { try TargetPresence(sampleRate: 16_000, channels: 0) }
    }
}
