import NeuralCore
import TestSupport
import Testing

@testable import MusicRL

/// Decoders that are told the beat.
@Suite struct BeatClockTests {
    private static let rate = 50.0

    private func decoder(clockRate: Double? = rate) -> MusicGenDecoder {
        var rng = Philox(seed: 3)
        return MusicGenDecoder(
            MusicGenConfiguration(
                codes: 11, codebooks: 2, width: 16, feedForwardWidth: 24, layers: 2, heads: 2, clockRate: clockRate),
            using: &rng)
    }

    private func text(tempo: Double?) -> TextStates {
        var rng = Philox(seed: 4)
        return TextStates(.gaussian([3, 16], using: &rng), tempo: tempo)
    }

    /// At 120 beats a minute and 50 frames a second a beat takes 25 frames, a bar of four 100.
    @Test func beats() {
        let clock = BeatClock(tempo: 120)
        func vector(_ step: Int, _ clock: BeatClock) -> [Float] { clock.vector(at: step, frameRate: Self.rate) }
        let one = vector(0, clock), beat = BeatClock.harmonics.firstIndex(of: 1) ?? 0
        #expect(one == [Float](repeating: 1, count: 7) + [Float](repeating: 0, count: 7))
        expectClose(Array(vector(25, clock)[beat..<7]), Array(one[beat..<7]), absolute: 1e-6)
        #expect(abs(vector(100, clock)[0] - 1) < 1e-6)
        #expect(abs(vector(25, clock)[7] - 1) < 1e-6, "a quarter of a bar")
        #expect(vector(7, BeatClock(tempo: 120, start: 18)) == vector(25, clock))
    }

    /// Step by step as all at once, from the start of a clip and from later.
    @Test(arguments: [0, 37]) func stepsAreTheWhole(start: Int) throws {
        let decoder = decoder(), text = text(tempo: 96), weights = try DecoderWeights(decoder, precision: .float32)
        var rng = Philox(seed: 5)
        let tokens = (0..<2).map { _ in (0..<40).map { _ in Int32(rng.nextInt(below: 12)) } }
        let memory = TextMemory(
            states: text.states.expanded(at: 0), lengths: [3], clocks: [BeatClock(tempo: 96, start: start)])
        let whole = decoder([tokens], memory: memory)
        let steps = IncrementalDecoder(weights, conditions: [TextCondition(text, for: weights)], capacity: 40)
        steps.reset(start: start)
        try steps.advance([(0..<40).map { step in tokens.map { $0[step] } }])
        let last = whole.sliced(axis: 2, 39..<40).values
        expectClose(Array(steps.scores(0)), last, relativeToPeak: 2e-5)
    }

    /// A tempo changes what is drawn only where there is a clock, and never without a text.
    @Test func whoHearsIt() throws {
        func codes(_ decoder: MusicGenDecoder, tempo: Double?, guidance: Double = 1) throws -> [[Int32]] {
            let weights = try DecoderWeights(decoder, precision: .float32)
            return try TokenGenerator(
                weights, texts: [TextCondition(text(tempo: tempo), for: weights)], seeds: [1],
                settings: SamplingSettings(guidance: guidance), window: wideWindow, frames: 60
            ).generate()[0]
        }
        #expect(try codes(decoder(), tempo: 90) != codes(decoder(), tempo: nil))
        #expect(try codes(decoder(), tempo: 90, guidance: 0) == codes(decoder(), tempo: nil, guidance: 0))
        #expect(try codes(decoder(clockRate: nil), tempo: 90) == codes(decoder(clockRate: nil), tempo: nil))
    }

    /// Training and tuning see the clock that generation has.
    @Test func scorersHearIt() throws {
        let decoder = decoder(), pattern = decoder.configuration.pattern
        let codes: [[Int32]] = [[1, 2, 3, 4, 5, 6], [6, 5, 4, 3, 2, 1]]
        func score(_ tempo: Double?) -> [Float] {
            let memory = TextMemory(joining: [text(tempo: tempo), nil])
            return decoder.logProbabilities(of: DelayedSequences([codes, codes], pattern: pattern), memory: memory).values
        }
        let (with, without) = (score(90), score(nil)), half = with.count / 2
        #expect(with[..<half] != without[..<half])
        #expect(with[half...] == without[half...], "no text")
    }

    @Test func settings() throws {
        let configuration = decoder().configuration
        #expect(try MusicGenConfiguration(.object(configuration.settings), path: "config.json") == configuration)
        let spoiled = configuration.settings.setting("beat_clock_rate", to: "fast")
        #expect { try MusicGenConfiguration(.object(spoiled), path: "config.json") } throws: {
            $0.localizedDescription.contains("beat_clock_rate")
        }
    }
}
