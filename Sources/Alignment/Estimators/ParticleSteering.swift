import Foundation

/// Weights and resampling of particles that are steered towards reward while they are drawn.
///
/// The target is p(x) exp(λ r(x)); `rewards` are those of the partial samples, step by step.
/// R. Singhal et al., "A general framework for inference-time scaling and steering of diffusion models", 2025.
public enum ParticleSteering {
    public enum Potential: Sendable { case difference, maximum, sum }

    /// Potentials of each particle after the last of the steps given; `rewards[step][particle]`.
    public static func weights(_ potential: Potential, rewards: [[Double]], strength: Double) -> [Double] {
        guard let last = rewards.last else { return [] }
        return last.indices.map { particle in
            let track = rewards.map { $0[particle] }
            let exponent = switch potential {
            case .difference: last[particle] - (track.count > 1 ? track[track.count - 2] : 0)
            case .maximum: track.max() ?? 0
            case .sum: track.reduce(0, +)
            }
            return exp(strength * exponent)
        }
    }

    /// (Σ w)² / Σ w².
    public static func effectiveSampleSize(_ weights: [Double]) -> Double {
        let sum = weights.reduce(0, +), squares = weights.reduce(0) { $0 + $1 * $1 }
        return squares > 0 ? sum * sum / squares : 0
    }

    /// Indices of the particles that go on, as many as there are weights.
    ///
    /// - Parameter offset: a uniform draw from [0, 1).
    public static func systematicResampling(_ weights: [Double], offset: Double) -> [Int] {
        let sum = weights.reduce(0, +), count = weights.count
        guard sum > 0, sum.isFinite else { return Array(0..<count) }
        var chosen: [Int] = [], index = 0, cumulative = weights[0] / sum
        for draw in 0..<count {
            let position = (Double(draw) + offset) / Double(count)
            while position >= cumulative, index < count - 1 {
                index += 1
                cumulative += weights[index] / sum
            }
            chosen.append(index)
        }
        return chosen
    }
}
