import NeuralCore
import TestSupport
import Testing

@testable import ScoreDiffusion

/// Every loss against differences.
@Suite struct LossGradientTests {
    private static let shape = [2, 3, 4, 2], deviations = [0.1, 0.4]

    private func tensors(_ count: Int, seed: UInt64) -> [Tensor] {
        var rng = Philox(seed: seed)
        return (0..<count).map { _ in Tensor.gaussian(Self.shape, using: &rng) }
    }

    @Test func scoreMatching() {
        let given = tensors(2, seed: 1)
        checkGradients(at: [given[0]], "score matching") {
            scoreMatchingLoss(score: $0[0], noise: given[1], deviations: Self.deviations)
        }
    }

    @Test(arguments: [
        DenoiserWeighting.one, .variance, .edm(sigmaData: 0.1), .edm(sigmaData: 0.5), .edmAcrossBatch(sigmaData: 0.1),
    ])
    func denoiser(_ weighting: DenoiserWeighting) {
        let given = tensors(3, seed: 2)
        checkGradients(at: [given[0]], "\(weighting)") {
            denoiserLoss(
                score: $0[0], state: given[1], mean: given[2], deviations: Self.deviations, weighting: weighting)
        }
    }

    /// `edm` weighs each item by its own deviation: the sum of what the items have alone.
    @Test func edmWeighsItemsApart() {
        let given = tensors(3, seed: 3)
        func loss(_ items: [Int]) -> Float {
            func pick(_ tensor: Tensor) -> Tensor { tensor.gathered(axis: 0, indices: items) }
            return denoiserLoss(
                score: pick(given[0]), state: pick(given[1]), mean: pick(given[2]),
                deviations: items.map { Self.deviations[$0] }, weighting: .edm(sigmaData: 0.1)
            ).item
        }
        let together = loss([0, 1]), apart = (loss([0]) + loss([1])) / 2
        #expect(abs(together - apart) < 1e-5 * apart)
    }

    @Test(arguments: [0, 0.5])
    func dataPrediction(waveformWeight: Double) throws {
        var rng = Philox(seed: 4)
        let transform = try SpectrogramTransform(
            .init(nFFT: 14, hopLength: 4, compression: .power(exponent: 0.5, factor: 0.15)))
        let loss = DataPredictionLoss(transform: transform, waveformWeight: waveformWeight)
        let clean = Tensor.gaussian([2, 6, 8, 2], using: &rng)
        checkGradients(at: [.gaussian([2, 6, 8, 2], using: &rng)], step: 1e-3, tolerance: 2e-2, "data prediction") {
            try! loss(estimate: $0[0], clean: clean)
        }
    }
}
