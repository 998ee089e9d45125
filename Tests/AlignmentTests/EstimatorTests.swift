import Alignment
import Foundation
import NeuralCore
import Testing

@Suite struct EstimatorTests {
    /// CASES C56: k3 is never negative, k1 is shown with its error, padding is out of every sum.
    @Test func divergencesAreSound() throws {
        var rng = Philox(seed: 1)
        let policy = (0..<500).map { _ in Double(rng.nextGaussian()) - 3 }, reference = policy.map { $0 + 0.4 * Double(rng.nextGaussian()) }
        let estimate = try KLEstimate(policy: policy, reference: reference)
        #expect(estimate.k3 >= 0 && estimate.k2 >= 0 && estimate.standardError > 0 && estimate.clampedCount == 0)
        for difference in [-1e-12, 0, 1e-12, -30, 5.0] { #expect(KLEstimate.k3(difference) >= 0) }
        // Padding may hold anything.
        let padded = try KLEstimate(policy: policy + [1, .nan], reference: reference + [-9, .infinity], weights: [Double](repeating: 1, count: 500) + [0, 0])
        #expect(padded == estimate)
        // Actions that the policy did not draw give themselves away.
        let foreign = try KLEstimate(policy: policy.map { $0 - 1 }, reference: policy.map { $0 + 0.001 * Double(rng.nextGaussian()) })
        #expect(foreign.isSuspicious && foreign.k3 > 0)
        #expect(try !KLEstimate(policy: policy.map { $0 + 1 }, reference: policy).isSuspicious)
        let far = try KLEstimate(policy: [-50], reference: [0])
        #expect(far.clampedCount == 1 && far.k3.isFinite && far.standardError == 0)
        #expect(throws: AlignmentError.self) { try KLEstimate(policy: [], reference: []) }
        #expect(throws: AlignmentError.self) { try KLEstimate(policy: [1], reference: [1], weights: [0]) }
        #expect(throws: AlignmentError.self) { try KLEstimate(policy: [.nan], reference: [1]) }
    }

    /// CASES C57: entropies lie between 0 and log V, and lengths do not matter.
    @Test func entropiesAreInRange() throws {
        expectNear(TokenStatistics.entropy(logits: [2, 2, 2, 2]), log(4))
        #expect(TokenStatistics.entropy(logits: [0, -.infinity]) == 0 && TokenStatistics.entropy(logits: [1000, -1000]) == 0)
        var rng = Philox(seed: 2)
        for _ in 0..<50 {
            let entropy = TokenStatistics.entropy(logits: (0..<30).map { _ in 20 * Double(rng.nextGaussian()) })
            #expect(entropy >= 0 && entropy <= log(30))
        }
        let short = (0..<10).map { _ in Double(rng.nextUniform()) }, long = (0..<500).map { _ in Double(rng.nextUniform()) }
        let batch = short + [Double](repeating: 1, count: 490) + long
        let mask = [Bool](repeating: true, count: 10) + [Bool](repeating: false, count: 490) + [Bool](repeating: true, count: 500)
        let together = try #require(TokenStatistics.mean(batch, mask: mask))
        expectNear(together, (short + long).reduce(0, +) / 510)
        #expect(TokenStatistics.mean([1, 2], mask: [false, false]) == nil)
    }

    /// CASES C58: a constant reward gives no advantage and is counted.
    @Test func constantGroupsCarryNoSignal() throws {
        for rule in [GroupAdvantage.leaveOneOut, .normalized(), .normalized(unbiased: false), .centered] {
            #expect(try rule([0.7, 0.7, 0.7, 0.7]) == [0, 0, 0, 0])
            #expect(throws: AlignmentError.self) { try rule([1]) }
            #expect(throws: AlignmentError.self) { try rule([1, .nan]) }
            #expect(abs(try rule([1, 2, 4]).reduce(0, +)) < 1e-12)
        }
        #expect(GroupAdvantage.shareWithoutSignal([[1, 1], [1, 2], [3, 3], [0, 0]]) == 0.75)
        #expect(GroupAdvantage.shareWithoutSignal([]) == 0)
    }

    /// CASES C60: the reference point of KTO with none, one and odd numbers of mismatched pairs.
    @Test func mismatchedPairsAreShifted() throws {
        #expect(KTOLoss.mismatched(0).isEmpty && KTOLoss.mismatched(1).isEmpty)
        #expect(KTOLoss.mismatched(3) == [1, 2, 0])
        #expect(KTOLoss.reference(mismatchedRatios: []) == 0 && KTOLoss.reference(mismatchedRatios: [-4, 1]) == 0)
        #expect(KTOLoss.reference(mismatchedRatios: [3, 1, -1]) == 1)
        let loss = KTOLoss(beta: 0.1)
        for (good, bad) in [([0.5], [Double]()), ([], [0.5]), ([1, 2, 3], [-200, 4000])] {
            let result = try loss.evaluate(desirable: good, undesirable: bad, reference: 0)
            #expect(result.loss.isFinite && (result.desirable + result.undesirable).allSatisfy(\.isFinite))
            #expect(result.desirable.allSatisfy { $0 <= 0 } && result.undesirable.allSatisfy { $0 >= 0 })
        }
        #expect(throws: AlignmentError.self) { try loss.evaluate(desirable: [], undesirable: [], reference: 0) }
        let weights = KTOLoss.suggestedWeights(desirable: 2_000, undesirable: 10_000)
        #expect(weights.desirable == 5 && weights.undesirable == 1)
        #expect(KTOLoss.suggestedWeights(desirable: 0, undesirable: 5) == (1, 1))
    }

    /// CASES C61: without any change DPO's loss is ln 2; gradients are those of finite differences.
    @Test func preferenceLossesHaveTheirGradients() throws {
        var rng = Philox(seed: 3)
        func draw() -> Double { -20 + 3 * Double(rng.nextGaussian()) }
        let still = (0..<5).map { _ -> PreferencePair in
            let (w, l) = (draw(), draw())
            return PreferencePair(policyChosen: w, policyRejected: l, referenceChosen: w, referenceRejected: l)
        }
        expectNear(try PreferenceLoss.dpo(beta: 0.1).evaluate(still).loss, log(2))
        let pairs = (0..<6).map { _ in
            PreferencePair(policyChosen: draw(), policyRejected: draw(), referenceChosen: draw(), referenceRejected: draw(), lengthChosen: 7, lengthRejected: 11)
        }
        for loss in [
            PreferenceLoss.dpo(beta: 0.3), .conservativeDPO(beta: 0.3, flips: 0.2), .robustDPO(beta: 0.3, flips: 0.2), .ipo(beta: 0.3),
            .ipo(beta: 0.3, perToken: true), .hinge(beta: 0.3), .simPO(beta: 2, margin: 0.5),
        ] {
            let gradient = try loss.evaluate(pairs)
            for index in pairs.indices {
                func moved(_ path: WritableKeyPath<PreferencePair, Double>, _ step: Double) throws -> Double {
                    var copy = pairs
                    copy[index][keyPath: path] += step
                    return try loss.evaluate(copy).loss
                }
                let chosen = (try moved(\.policyChosen, 1e-5) - moved(\.policyChosen, -1e-5)) / 2e-5
                let rejected = (try moved(\.policyRejected, 1e-5) - moved(\.policyRejected, -1e-5)) / 2e-5
                expectNear(gradient.chosen[index], chosen, relative: 1e-5, absolute: 1e-8, "\(loss)")
                expectNear(gradient.rejected[index], rejected, relative: 1e-5, absolute: 1e-8, "\(loss)")
            }
        }
        // The least loss of label smoothing is at the finite margin log((1 − ε)/ε).
        let margin = log(0.9 / 0.1)
        let best = PreferencePair(policyChosen: margin, policyRejected: 0, referenceChosen: 0, referenceRejected: 0)
        #expect(abs(try PreferenceLoss.conservativeDPO(beta: 1, flips: 0.1).evaluate([best]).chosen[0]) < 1e-12)
        for loss in [PreferenceLoss.dpo(beta: 0), .conservativeDPO(beta: 1, flips: 0.5), .robustDPO(beta: 1, flips: -0.1)] {
            #expect(throws: AlignmentError.self) { try loss.evaluate(pairs) }
        }
        #expect(throws: AlignmentError.self) { try PreferenceLoss.dpo(beta: 1).evaluate([]) }
        var bad = pairs
        bad[2].policyChosen = .nan
        #expect(throws: AlignmentError.self) { try PreferenceLoss.dpo(beta: 1).evaluate(bad) }
        // Far apart, nothing overflows.
        let far = PreferencePair(policyChosen: -5000, policyRejected: 5000, referenceChosen: 0, referenceRejected: 0)
        expectNear(try PreferenceLoss.dpo(beta: 1).evaluate([far]).loss, 10_000)
    }

    /// robust DPO is DPO's loss on clean labels, on average over flips at its rate.
    @Test func robustLossIsUnbiased() throws {
        let pair = PreferencePair(policyChosen: 1.3, policyRejected: 0.2, referenceChosen: 0, referenceRejected: 0.5)
        let flipped = PreferencePair(policyChosen: 0.2, policyRejected: 1.3, referenceChosen: 0.5, referenceRejected: 0)
        let loss = PreferenceLoss.robustDPO(beta: 0.7, flips: 0.25)
        expectNear(
            0.75 * (try loss.evaluate([pair]).loss) + 0.25 * (try loss.evaluate([flipped]).loss),
            try PreferenceLoss.dpo(beta: 0.7).evaluate([pair]).loss)
    }

    @Test func surrogateCarriesTheGradient() throws {
        let input = Tensor([0.5, -1, 2], shape: [3])
        let (value, gradients) = valueAndGradient(at: [input]) { surrogate(loss: 1.5, slopes: [0.1, -0.2, 0.3], logProbabilities: $0[0] * 2) }
        #expect(value.item == 1.5)
        expectNear(gradients[0].values.map(Double.init), [0.2, -0.4, 0.6], relative: 1e-6)
    }

    @Test func clippedObjectiveHasItsGradient() throws {
        let new = [-1.0, -2, -0.3, -4], old = [-1.1, -1.5, -0.31, -5], advantages = [1.0, -2, 0.5, -1]
        let loss = ProximalPolicyLoss(clip: 0.2), result = try loss.evaluate(new: new, old: old, advantages: advantages)
        for index in new.indices {
            func moved(_ step: Double) throws -> Double {
                var copy = new
                copy[index] += step
                return try loss.evaluate(new: copy, old: old, advantages: advantages).losses[index]
            }
            expectNear(result.slopes[index], (try moved(1e-6) - moved(-1e-6)) / 2e-6, relative: 1e-6, absolute: 1e-9)
        }
        #expect(throws: AlignmentError.self) { try loss.evaluate(new: [], old: [], advantages: []) }
    }

    @Test func calibrationIsMeasured() throws {
        // Margins of ±log 3 mean 75 %: three right of four are calibrated, four of four are a quarter off.
        let margin = log(3.0)
        let calibrated = try PreferenceAccuracy(chosen: [margin, margin, margin, 0], rejected: [0, 0, 0, margin])
        #expect(calibrated.accuracy == 0.75 && calibrated.calibrationError < 1e-12)
        let confident = try PreferenceAccuracy(chosen: [margin, margin, margin, margin], rejected: [0, 0, 0, 0])
        #expect(confident.accuracy == 1)
        expectNear(confident.calibrationError, 0.25)
        #expect(try PreferenceAccuracy(chosen: [1], rejected: [1]).accuracy == 0.5)
        #expect(throws: AlignmentError.self) { try PreferenceAccuracy(chosen: [], rejected: []) }
    }

    @Test func bestOfNChecksItsSamples() throws {
        expectNear(try BestOfN.expectedMaximum(of: [3, 1, 2], n: 1), 2)
        expectNear(try BestOfN.expectedMaximum(of: [3, 1, 2], n: 3), 3)
        expectNear(try BestOfN.expectedMaximum(of: [3, 1, 2], n: 2), (3 + 3 + 2) / 3.0)
        #expect(throws: AlignmentError.self) { try BestOfN.expectedMaximum(of: [1], n: 2) }
        #expect(throws: AlignmentError.self) { try BestOfN.expectedMaximum(of: [1, .nan], n: 1) }
    }

    @Test func factorOfThePenaltyFollowsItsTarget() {
        var adaptive = AdaptiveKL(beta: 0.1, target: 6, horizon: 100)
        adaptive.update(divergence: 60, count: 10)
        expectNear(adaptive.beta, 0.1 * (1 + 0.1 * 0.2))
        adaptive.update(divergence: .nan, count: 10)
        expectNear(adaptive.beta, 0.102)
        adaptive.update(divergence: 0, count: 10)
        expectNear(adaptive.beta, 0.102 * 0.98)
    }
}
