import Foundation
import NeuralCore

/// Ornstein-Uhlenbeck process with variance-exploding noise.
///
/// `dx = θ(y − x) dt + g(t) dw` with `g(t) = σ_min (σ_max/σ_min)^t √(2 ln(σ_max/σ_min))`
/// (Richter et al., "Speech Enhancement and Dereverberation with Diffusion-based Generative Models", 2023, eq. 9-11).
/// The state drifts from clean towards noisy speech while noise grows; it ends at `y` plus noise of `deviation(1)`.
public struct OUVESDE: SDE, Codable, Equatable {
    /// Stiffness of the drift towards the noisy spectrum.
    public var theta: Double
    public var sigmaMin: Double
    public var sigmaMax: Double

    public init(theta: Double = 1.5, sigmaMin: Double = 0.05, sigmaMax: Double = 0.5) {
        self.theta = theta
        self.sigmaMin = sigmaMin
        self.sigmaMax = sigmaMax
    }

    /// - Throws: also `ScoreDiffusionError.invalidProcess`; see `validate()`.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            theta: try values.decode(Double.self, forKey: .theta),
            sigmaMin: try values.decode(Double.self, forKey: .sigmaMin),
            sigmaMax: try values.decode(Double.self, forKey: .sigmaMax))
        try validate()
    }

    public func validate() throws {
        try requireOfProcess(theta.isFinite && theta > 0, "θ must be above 0, not \(theta)")
        try requireOfProcess(sigmaMin.isFinite && sigmaMin > 0, "σ_min must be above 0, not \(sigmaMin)")
        try requireOfProcess(
            sigmaMax.isFinite && sigmaMax > sigmaMin, "σ_max must be above σ_min (\(sigmaMin)), not \(sigmaMax)")
        try requireFiniteEnd()
    }

    public var timeRange: ClosedRange<Double> { 0...1 }

    private var logRatio: Double { log(sigmaMax / sigmaMin) }

    public func marginal(at time: Double) -> Marginal {
        let clean = exp(-theta * time)
        let growth = exp(2 * logRatio * time) - exp(-2 * theta * time)
        let variance = sigmaMin * sigmaMin * logRatio * growth / (theta + logRatio)
        return Marginal(cleanWeight: clean, noisyWeight: 1 - clean, deviation: variance.squareRoot())
    }

    public func drift(_ state: Tensor, around noisy: Tensor, at time: Double) -> Tensor {
        (noisy - state) * Float(theta)
    }

    public func diffusion(at time: Double) -> Double {
        sigmaMin * exp(logRatio * time) * (2 * logRatio).squareRoot()
    }

    public func prior(around noisy: Tensor, using noise: inout some DiffusionNoise) throws -> Tensor {
        let deviation = marginal(at: timeRange.upperBound).deviation
        return noisy + (try noise.next(shape: noisy.shape)) * Float(deviation)
    }
}
