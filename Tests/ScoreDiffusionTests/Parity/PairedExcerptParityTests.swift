import NeuralCore
import TestSupport
import Testing

@testable import ScoreDiffusion

/// Spectra of excerpts within 5e-6 of the reference, relative L2.
@Suite struct PairedExcerptParityTests {
    @Test(arguments: Fixture.all(in: "sgmse/data"))
    func itemsMatchReference(_ fixture: Fixture) throws {
        let runs = fixture.cases { !$0["target_len"].isNull }
        try #require(!runs.isEmpty)
        for (name, settings) in runs {
            let transform = try SpectrogramTransform(.init(reference: settings))
            let length = PairedExcerpt.length(
                frames: try #require(settings["num_frames"].int), hopLength: transform.configuration.hopLength)
            #expect(length == settings["target_len"].int, "\(name)")
            let normalizations: [String: PairedExcerpt.Normalization] = ["noisy": .noisy, "clean": .clean, "not": .none]
            let excerpt = PairedExcerpt(
                clean: try fixture.floats("\(name).x_wav"), noisy: try fixture.floats("\(name).y_wav"), length: length,
                start: settings["start"].int,
                normalization: try #require(normalizations[settings["normalize"].string ?? ""]))
            let spectra = try excerpt.spectra(transform)
            expectClose(spectra.clean.values, try fixture.spectra("\(name).X").values, relativeL2: 5e-6, "\(name) clean")
            expectClose(spectra.noisy.values, try fixture.spectra("\(name).Y").values, relativeL2: 5e-6, "\(name) noisy")
        }
    }

    @Test func drawnStartsStayInsideAndAreSeeded() {
        let recording = (0..<100).map(Float.init)
        var starts: Set<Float> = []
        for seed in UInt64(0)..<200 {
            var rng = Philox(seed: seed), again = Philox(seed: seed)
            let excerpt = PairedExcerpt(clean: recording, noisy: recording, length: 90, normalization: .none, using: &rng)
            #expect(excerpt == PairedExcerpt(clean: recording, noisy: recording, length: 90, normalization: .none, using: &again))
            starts.insert(excerpt.clean[0])
        }
        #expect(starts == Set((0..<10).map(Float.init)))
    }

    @Test func silenceStaysSilent() {
        let excerpt = PairedExcerpt(clean: [0, 0, 0], noisy: [0, 0, 0], length: 5)
        #expect(excerpt.clean == [0, 0, 0, 0, 0] && excerpt.noisy == excerpt.clean)
    }
}
