import Foundation

/// Looks for the initial noise from which a sampler makes the result that a reward likes best; no gradient is needed.
///
/// Each version turns the best noise so far towards fresh noise, z′ = cos φ · z + sin φ · ξ, which is Gaussian again
/// whatever φ: nothing of it is out of the ordinary but what the reward asks for. The first turns are quarter turns, fresh
/// noise; from then on φ grows after a success and shrinks after a failure, and holds still at one success in five
/// (I. Rechenberg's rule). The aim is that of Z. Tang et al., "Inference-time alignment of diffusion models with direct
/// noise optimization", 2024; the way that of N. Ma et al., "Inference-time scaling for diffusion models beyond scaling
/// denoising steps", 2025 (zero-order search).
public struct NoiseSearch: Sendable {
    public struct Outcome: Sendable, Equatable {
        /// How the best noise comes from that of the seed.
        public var turns: [NoiseTurn]
        /// Rewards of the seed's own noise and of the best; nil where the reward said nothing of any version.
        public var start: Double?
        public var best: Double?
        /// Whether no version's reward was different from another's.
        public var isFlat: Bool
    }

    /// Versions in all, the first one from the seed's own noise.
    public var versions: Int
    public var seed: UInt64

    /// - Parameter versions: at least 1.
    public init(versions: Int, seed: UInt64) {
        precondition(versions > 0, "a search has versions")
        (self.versions, self.seed) = (versions, seed)
    }

    /// - Parameter reward: of what the sampler makes of a noise; nil where it says nothing. Higher is better.
    public func run(_ reward: ([NoiseTurn]) throws -> Double?) rethrows -> Outcome {
        let start = try reward([])
        var outcome = Outcome(turns: [], start: start, best: start, isFlat: true), angle = Double.pi / 2
        for version in 1..<versions {
            // The seeds of the turns are other ones than the recording's own.
            let turns = outcome.turns + [NoiseTurn(seed: seed &+ UInt64(version) &* 0x9E37_79B9_7F4A_7C15, angle: angle)]
            let value = try reward(turns)
            if value != start { outcome.isFlat = false }
            if let value, value > outcome.best ?? -.infinity {
                (outcome.turns, outcome.best) = (turns, value)
                angle = min(angle * Self.growth, .pi / 2)
            } else {
                angle = max(angle / pow(Self.growth, 0.25), 0.02)
            }
        }
        return outcome
    }

    private static let growth = 1.5
}
