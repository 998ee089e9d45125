import NeuralCore
import TestSupport
import Testing

@testable import TargetSpeech

/// Within 2e-6 of the reference.
@Suite struct FourierBankParityTests {
    @Test(arguments: Fixture.all(in: "tsh/stft")) func extractor(_ fixture: Fixture) throws {
        let runs = try #require(fixture.config["extractor"].array)
        for run in runs {
            let tag = try #require(run["tag"].string)
            let bank = FourierBank.pseudoTight(length: try #require(run["n_fft"].int), hop: try #require(run["hop"].int))
            if fixture.hasTensor("\(tag).filters") {
                expectClose(bank.matrix.expanded(at: 1), try fixture.tensor("\(tag).filters"), absolute: 2e-6, tag)
            }
            let signal = try fixture.tensor("\(tag).wav"), spectrum = bank.analyze(signal)
            expectClose(spectrum.transposed([0, 1, 3, 2]), try fixture.tensor("\(tag).spec"), absolute: 2e-6, tag)
            let random = try fixture.tensor("\(tag).rand_spec").transposed([0, 1, 3, 2])
            expectClose(bank.synthesize(random), try fixture.tensor("\(tag).rand_synth"), absolute: 2e-6, tag)
            expectClose(bank.synthesize(spectrum), try fixture.tensor("\(tag).roundtrip"), absolute: 2e-6, tag)
        }
    }

    @Test(arguments: Fixture.all(in: "tsh/stft")) func enrollment(_ fixture: Fixture) throws {
        let runs = try #require(fixture.config["enroll"].array)
        for run in runs {
            let tag = try #require(run["tag"].string)
            let bank = FourierBank.hann(length: try #require(run["n_fft"].int), hop: try #require(run["hop"].int))
            let signal = try fixture.tensor("\(tag).wav").transposed([0, 2, 1])
            let spectrum = bank.analyze(signal.mirrored(by: bank.length / 2)).transposed([0, 2, 1, 3])
            let parts = spectrum.split(axis: 3, sizes: [bank.binCount, bank.binCount])
            // Sums of 128 samples of a few units: relative to their peak.
            expectClose(parts[0], try fixture.tensor("\(tag).real"), relativeToPeak: 2e-6, tag)
            expectClose(parts[1], try fixture.tensor("\(tag).imag"), relativeToPeak: 2e-6, tag)
        }
    }

    @Test func gradientsMatchCentralDifferences() {
        var rng = Philox(seed: 1)
        let bank = FourierBank.pseudoTight(length: 12, hop: 8)
        checkGradients(at: [.gaussian([1, 2, 36], using: &rng)], "analysis") { bank.analyze($0[0]) }
        checkGradients(at: [.gaussian([1, 2, 3, 14], using: &rng)], "synthesis") { bank.synthesize($0[0]) }
        checkGradients(at: [.gaussian([1, 2, 9], using: &rng)], "mirrored ends") { $0[0].mirrored(by: 3) }
    }
}
