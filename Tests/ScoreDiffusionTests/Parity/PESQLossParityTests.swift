import NeuralCore
import TestSupport
import Testing

@testable import ScoreDiffusion

/// Losses within 2e-4 and gradients within 5e-3 of the reference, relative L2.
@Suite struct PESQLossParityTests {
    static let sets = Fixture.all(in: "sgmse/pesq_loss")

    @Test(arguments: sets)
    func lossMatchesReference(_ fixture: Fixture) throws {
        let (clean, estimate) = (try fixture.tensor("ref"), try fixture.tensor("deg"))
        let (loss, gradients) = try valueAndGradient(at: [estimate]) {
            try PESQLoss()(clean: clean, estimate: $0[0]).mean()
        }
        let losses = try PESQLoss()(clean: clean, estimate: estimate).values
        expectClose(losses, try fixture.floats("loss"), relativeL2: 2e-4, "loss")
        expectClose([loss.item], [losses.reduce(0, +) / Float(losses.count)], relativeL2: 1e-6, "mean loss")
        let parts = try PESQLoss().disturbances(clean: clean, estimate: estimate)
        expectClose(parts.symmetric.values, try fixture.floats("d_symm"), relativeL2: 2e-4, "symmetric")
        expectClose(parts.asymmetric.values, try fixture.floats("d_asymm"), relativeL2: 2e-4, "asymmetric")
        expectClose(gradients[0].values, try fixture.floats("grad"), relativeL2: 5e-3, "gradient")
    }

    /// Waveforms to 5e-4: the reference runs its band-pass, whose poles lie near the unit circle, in single precision.
    @Test(arguments: sets)
    func stagesMatchReference(_ fixture: Fixture) throws {
        let estimate = try fixture.tensor("deg"), frontEnd = PerceptualFrontEnd(), bands = PerceptualBands.standard
        let levelled = frontEnd.levelled(estimate), emphasized = frontEnd.emphasized(levelled)
        func head(_ name: String, of signals: Tensor) throws {
            let expected = try fixture.tensor(name), count = expected.shape[1]
            expectClose(signals.sliced(axis: 1, 0..<count).values, expected.values, relativeL2: 5e-4, name)
        }
        try head("aligned_deg_head", of: levelled)
        try head("emph_deg_head", of: emphasized)
        let spectra = frontEnd.powerSpectra(emphasized), powers = bands.powers(spectra)
        let third = spectra.sliced(axis: 1, 3..<4).values
        expectClose(third, try fixture.floats("spec_frame3"), relativeL2: 5e-4, "spectrum of frame 3")
        expectClose(powers.values, try fixture.floats("bark_deg"), relativeL2: 5e-4, "band powers")
        expectClose(bands.loudness(powers).values, try fixture.floats("loud_deg"), relativeL2: 5e-4, "loudness")
    }

    @Test(arguments: sets)
    func bandsMatchReference(_ fixture: Fixture) throws {
        let bands = PerceptualBands.standard
        expectClose(bands.thresholds.values, try fixture.floats("const.loudness.threshs"), relativeL2: 1e-6, "thresholds")
        expectClose(bands.exponents.values, try fixture.floats("const.loudness.exp"), relativeL2: 1e-6, "exponents")
        let widths = try fixture.floats("const.fbank.width_bark")
        expectClose(Array(bands.widths.values.dropFirst()), Array(widths.dropFirst()), relativeL2: 1e-6, "widths")
        // The largest weight of each band is its correction.
        let corrections = bands.weights.max(axes: [0]).values
        let expected = try fixture.floats("const.fbank.pow_dens_correction")
        expectClose(Array(corrections.dropFirst()), Array(expected.dropFirst()), relativeL2: 1e-6, "corrections")
    }
}
