import NeuralCore
import TestSupport
import Testing

@testable import TargetSpeech

/// Within 2e-5 dB, gradients within 1e-6; time differences exact.
@Suite struct TargetLossParityTests {
    private static let sets = Fixture.all(in: "tsh/losses")

    @Test(arguments: sets) func ratios(_ fixture: Fixture) throws {
        let estimate = try fixture.tensor("pred"), target = try fixture.tensor("target")
        let mixture = try fixture.tensor("mixture")
        let ratios: [(String, (Tensor, Tensor) -> Tensor)] = [
            ("snr", signalToNoiseRatio), ("si_snr", scaleInvariantSignalToNoiseRatio),
        ]
        for (name, ratio) in ratios {
            expectClose(ratio(estimate, target), try fixture.tensor(name), absolute: 2e-5, name)
            let (loss, gradient) = valueAndGradient(at: [estimate]) { -ratio($0[0], target).mean() }
            expectClose(loss, try fixture.tensor("neg_\(name).mean"), absolute: 2e-5, name)
            expectClose(gradient[0], try fixture.tensor("neg_\(name).grad"), absolute: 1e-6, name)
            let improvement = (ratio(estimate, target) - ratio(mixture, target)).mean(axes: [1])
            expectClose(improvement, try fixture.tensor("\(name)_i"), absolute: 4e-5, name)
        }
    }

    /// No target, nothing but the target, and no estimate.
    @Test(arguments: sets) func edges(_ fixture: Fixture) throws {
        let estimate = try fixture.tensor("pred"), target = try fixture.tensor("target")
        let first = estimate.sliced(axis: 0, 0..<1)
        expectClose(
            signalToNoiseRatio(first, .zeros(first.shape)), try fixture.tensor("snr_zero_target"), absolute: 2e-5)
        expectClose(signalToNoiseRatio(target, target), try fixture.tensor("snr_equal"), absolute: 2e-5)
        expectClose(
            scaleInvariantSignalToNoiseRatio(.zeros(target.shape), target), try fixture.tensor("si_snr_zero_pred"),
            absolute: 2e-5)
    }

    @Test(arguments: sets) func cosine(_ fixture: Fixture) throws {
        let a = try fixture.tensor("cos.a"), b = try fixture.tensor("cos.b")
        for (name, isSame) in [("cos.pos", true), ("cos.neg", false)] {
            expectClose(cosineEmbeddingLoss(a, b, isSame: isSame), try fixture.tensor(name), absolute: 1e-6, name)
            let (_, gradient) = valueAndGradient(at: [a]) { cosineEmbeddingLoss($0[0], b, isSame: isSame).mean() }
            expectClose(gradient[0], try fixture.tensor("\(name).grad"), absolute: 1e-6, name)
        }
    }

    @Test(arguments: sets) func binauralCues(_ fixture: Fixture) throws {
        func cues(_ name: String) throws -> BinauralCues {
            let ears = try fixture.tensor(name).values, half = ears.count / 2
            return BinauralCues(
                left: Array(ears[..<half]), right: Array(ears[half...]), sampleRate: try #require(fixture.config["sr"].int))
        }
        let reference = try cues("cues.gt"), error = try cues("cues.est").error(from: reference)
        expectClose([Float(reference.levelDifference)], try fixture.floats("cues.ild_gt"), absolute: 2e-5)
        expectClose([Float(error.levelDifference)], try fixture.floats("cues.ild_diff"), absolute: 2e-5)
        #expect(try [Float(reference.timeDifference)] == fixture.floats("cues.itd_gt_us"))
        #expect(try [Float(error.timeDifference)] == fixture.floats("cues.itd_diff_us"))
    }
}
