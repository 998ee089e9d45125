import Foundation
import NeuralCore
import Testing

@testable import ScoreDiffusion

/// Noise that a reward likes.
@Suite struct NoiseSearchTests {
    private func noise(_ turns: [NoiseTurn], seed: UInt64 = 4) -> [Double] {
        var noise = FrameNoise(seed: seed, turns: turns)
        return noise.next(shape: [1, 40, 32, 2]).values.map { Double($0) * 2.0.squareRoot() }
    }

    /// The reward is the noise along one direction, so of unit deviation: what random draws do not reach is passed, and in so
    /// many dimensions the noise is hardly longer than before.
    @Test(arguments: [UInt64(1), 2, 3]) func climbsOnTheShell(_ seed: UInt64) {
        let search = NoiseSearch(versions: 300, seed: seed)
        func along(_ turns: [NoiseTurn]) -> Double { noise(turns)[0...15].reduce(0, +) / 4 }
        let outcome = search.run { along($0) }
        #expect(outcome.start == along([]) && outcome.best == along(outcome.turns) && !outcome.isFlat)
        #expect(outcome.best ?? 0 > 4.5, "\(outcome.best ?? 0)")
        let power = noise(outcome.turns).reduce(0) { $0 + $1 * $1 } / 2560
        #expect(abs(power - 1) < 0.12, "\(power)")
        #expect(search.run { along($0) } == outcome)
    }

    @Test func rewardsThatSayNothing() {
        let search = NoiseSearch(versions: 5, seed: 1)
        #expect(search.run { _ in nil } == .init(turns: [], start: nil, best: nil, isFlat: true))
        #expect(search.run { _ in 2 } == .init(turns: [], start: 2, best: 2, isFlat: true))
        // A version with a reward is better than one without.
        let late = search.run { $0.isEmpty ? nil : 1 }
        #expect(late.start == nil && late.best == 1 && late.turns.count == 1)
    }
}
