import NeuralCore

/// First two moments of a diffusion state at one time, given the clean spectrum `x₀` and the noisy spectrum `y`.
///
/// The mean is `cleanWeight · x₀ + noisyWeight · y`; the complex noise around it has standard deviation `deviation`.
public struct Marginal: Sendable, Equatable {
    public var cleanWeight: Double
    public var noisyWeight: Double
    public var deviation: Double

    public init(cleanWeight: Double, noisyWeight: Double, deviation: Double) {
        self.cleanWeight = cleanWeight
        self.noisyWeight = noisyWeight
        self.deviation = deviation
    }
}

/// A diffusion process `dx = f(x, y, t) dt + g(t) dw` between clean speech (time 0) and noisy speech (time 1).
///
/// States are spectra `[batch, frames, bins, 2]` whose last axis holds the real and the imaginary part,
/// the layout of `AudioDSP.ComplexSpectrogram`.
/// `w` is a complex Wiener process: a unit draw has variance 1 in total, so each part has deviation `1/√2`.
/// Everything that depends on time alone is computed in double precision.
public protocol SDE: Sendable {
    /// From the clean end to the noisy end, in units of diffusion time.
    var timeRange: ClosedRange<Double> { get }

    /// - Throws: `ScoreDiffusionError.invalidProcess` for parameters without a process, as a damaged model file may
    ///   have them.
    func validate() throws

    /// Mean weights and deviation of `p(x_t | x₀, y)`, in closed form.
    func marginal(at time: Double) -> Marginal

    /// The forward drift `f(x, y, t)`, of the shape of `state`.
    func drift(_ state: Tensor, around noisy: Tensor, at time: Double) -> Tensor

    /// The diffusion coefficient `g(t)`.
    func diffusion(at time: Double) -> Double

    /// A state at the noisy end of the process, of the shape of `noisy`.
    func prior(around noisy: Tensor, using noise: inout some DiffusionNoise) throws -> Tensor
}

extension SDE {
    /// The mean of the state for a batch whose items have their own times.
    public func mean(clean: Tensor, noisy: Tensor, at times: [Double]) -> Tensor {
        let marginals = times.map(marginal(at:))
        return clean * perItem(marginals.map(\.cleanWeight), rank: clean.rank)
            + noisy * perItem(marginals.map(\.noisyWeight), rank: noisy.rank)
    }

    /// Draws `x_t` for training: the mean and the mean plus `noise` scaled by the deviation.
    ///
    /// - Parameter noise: unit complex noise of the shape of `clean`.
    public func perturbed(
        clean: Tensor, noisy: Tensor, at times: [Double], noise: Tensor
    ) -> (state: Tensor, mean: Tensor) {
        let mean = mean(clean: clean, noisy: noisy, at: times)
        let deviations = times.map { marginal(at: $0).deviation }
        return (mean + noise * perItem(deviations, rank: noise.rank), mean)
    }
}

/// - Throws: `ScoreDiffusionError.invalidProcess` unless `condition` holds.
func requireOfProcess(_ condition: Bool, _ reason: @autoclosure () -> String) throws {
    guard condition else { throw ScoreDiffusionError.invalidProcess(reason()) }
}

extension SDE {
    /// Whether the process stays within the numbers that the rest of the computation can hold.
    func requireFiniteEnd() throws {
        let end = marginal(at: timeRange.upperBound)
        let values = [end.cleanWeight, end.noisyWeight, end.deviation, diffusion(at: timeRange.upperBound)]
        try requireOfProcess(
            values.allSatisfy { Float($0).isFinite }, "its deviation at time \(timeRange.upperBound) is \(end.deviation)")
    }
}

/// One factor per batch item, shaped `[batch, 1, …, 1]` to broadcast against a tensor of the given rank.
func perItem(_ factors: [Double], rank: Int) -> Tensor {
    Tensor(factors.map(Float.init), shape: [factors.count] + Array(repeating: 1, count: rank - 1))
}
