import NeuralCore
import TestSupport
import Testing

@testable import ScoreDiffusion

/// Spectra within 2e-6, compressed within 5e-6 (relative L2), audio within 1e-5 (absolute) of the reference.
@Suite struct SpectrogramParityTests {
    @Test(arguments: Fixture.all(in: "sgmse/stft"))
    func transformsMatchReference(_ fixture: Fixture) throws {
        let runs = fixture.cases { !$0["n_fft"].isNull }
        try #require(!runs.isEmpty)
        for (name, settings) in runs {
            let transform = try SpectrogramTransform(.init(reference: settings))
            let signal = try fixture.floats("\(name).x")
            func check(_ tensor: String, _ actual: @autoclosure () throws -> Tensor, _ tolerance: Double) throws {
                guard fixture.hasTensor("\(name).\(tensor)") else { return }
                let expected = try fixture.spectra("\(name).\(tensor)")
                expectClose(try actual().values, expected.values, relativeL2: tolerance, "\(name).\(tensor)")
            }
            func checkAudio(_ tensor: String, _ actual: @autoclosure () throws -> Tensor) throws {
                guard fixture.hasTensor("\(name).\(tensor)") else { return }
                expectClose(
                    try actual().values, try fixture.floats("\(name).\(tensor)"), absolute: 1e-5, "\(name).\(tensor)")
            }
            let spectra = try transform.spectra(of: [signal])
            try check("fwd", spectra, 5e-6)
            try check("stft", transform.configuration.compression.expand(spectra), 5e-6)
            let stored = try fixture.spectra("\(name).fwd")
            try check("back", transform.configuration.compression.expand(stored), 5e-6)
            try checkAudio("istft", transform.signals(from: stored, length: signal.count))
            let natural = transform.stft.configuration.sampleCount(forFrames: stored.shape[1])
            try checkAudio("istft_nolen", transform.signals(from: stored, length: natural))
            let modified = try fixture.spectra("\(name).mod")
            try checkAudio("mod_audio", transform.signals(from: modified, length: signal.count))
            let long = try FramePadding.zeros.pad(modified, toMultipleOf: 64)
            try checkAudio("mod_audio_long", transform.signals(from: long, length: signal.count))
        }
    }

    @Test(arguments: Fixture.all(in: "sgmse/stft"))
    func paddingMatchesReference(_ fixture: Fixture) throws {
        let modes: [String: FramePadding] = [
            "zero_pad": .zeros, "reflection": .reflection, "replication": .replication,
        ]
        for (name, settings) in fixture.cases(where: { !$0["n_fft"].isNull }) {
            let spectra = try fixture.spectra("\(name).fwd")
            for (mode, padding) in modes where fixture.hasTensor("\(name).pad_\(mode)") {
                let padded = try padding.pad(spectra, toMultipleOf: 64)
                #expect(padded == (try fixture.spectra("\(name).pad_\(mode)")), "\(name) \(mode)")
            }
            if !settings["pad_reflection_error"].isNull {
                #expect(throws: ScoreDiffusionError.self) { try FramePadding.reflection.pad(spectra, toMultipleOf: 64) }
            }
        }
    }
}
