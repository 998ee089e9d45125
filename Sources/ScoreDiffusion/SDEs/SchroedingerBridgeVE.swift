import Foundation
import NeuralCore

/// Schrödinger bridge between paired clean and noisy spectra with a variance-exploding reference process.
///
/// No drift, `g(t) = √c k^t`, hence `σ²(t) = c (k^{2t} − 1) / (2 ln k)` (Jukić et al., "Schrödinger Bridge for
/// Generative Speech Enhancement", 2024, table 1). The state starts at the clean and ends *at* the noisy spectrum.
public struct SchroedingerBridgeVE: SDE, Codable, Equatable {
    public var k: Double
    public var c: Double
    /// Added to denominators and to `σ̄²` by the published program, so that the deviation at time 1 is tiny instead of
    /// zero; 0 gives the exact bridge.
    public var epsilon: Double

    public init(k: Double = 2.6, c: Double = 0.4, epsilon: Double = 1e-8) {
        self.k = k
        self.c = c
        self.epsilon = epsilon
    }

    /// - Throws: also `ScoreDiffusionError.invalidProcess`; see `validate()`.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            k: try values.decode(Double.self, forKey: .k), c: try values.decode(Double.self, forKey: .c),
            epsilon: try values.decode(Double.self, forKey: .epsilon))
        try validate()
    }

    public func validate() throws {
        try requireOfProcess(k.isFinite && k > 0, "k must be above 0, not \(k)")
        try requireOfProcess(c.isFinite && c > 0, "c must be above 0, not \(c)")
        try requireOfProcess((0..<1).contains(epsilon), "ε must be from 0 to below 1, not \(epsilon)")
        try requireFiniteEnd()
        try requireOfProcess(Float(variance(at: 1)).isNormal, "c = \(c) and k = \(k) leave no variance at time 1")
    }

    public var timeRange: ClosedRange<Double> { 0...1 }

    /// `σ²(t)`: variance that the reference process has gained since time 0; `c t` where `k` is 1.
    public func variance(at time: Double) -> Double {
        k == 1 ? c * time : c * expm1(2 * time * log(k)) / (2 * log(k))
    }

    /// `σ̄²(t) = σ²(1) − σ²(t) + ε`: variance still to come.
    public func remainingVariance(at time: Double) -> Double {
        variance(at: 1) - variance(at: time) + epsilon
    }

    public func marginal(at time: Double) -> Marginal {
        let variance = variance(at: time), remaining = remainingVariance(at: time), total = self.variance(at: 1)
        return Marginal(
            cleanWeight: remaining / (total + epsilon),
            noisyWeight: variance / ((1 + epsilon) * (total + epsilon)),
            deviation: (remaining * variance).squareRoot() / (total.squareRoot() + epsilon))
    }

    public func drift(_ state: Tensor, around noisy: Tensor, at time: Double) -> Tensor {
        .zeros(state.shape)
    }

    public func diffusion(at time: Double) -> Double { c.squareRoot() * pow(k, time) }

    /// The noisy spectrum itself: the bridge ends there with certainty, so no noise is drawn.
    public func prior(around noisy: Tensor, using noise: inout some DiffusionNoise) throws -> Tensor { noisy }
}
