import TestSupport
import Testing

@testable import AudioMetrics

/// The steps inside the metrics, for the pair that a set's `config.json` names.
@Suite struct StepParityTests {
    static let fixtures = Fixture.all(in: "metrics").filter { $0.hasTensor("stoi.clean_10k") }

    private static func pair(_ fixture: Fixture) throws -> MetricPair {
        let name = fixture.config["pair"].string ?? "?"
        return try #require(MetricPair.all.first { $0.description == "\(name) (\(fixture))" })
    }

    private static func expectClose(
        _ values: [Double], _ expected: [Double], within tolerance: Double, _ label: String
    ) {
        #expect(values.count == expected.count, "\(label)")
        let peak = expected.reduce(1) { max($0, abs($1)) }
        let error = zip(values, expected).reduce(0.0) { max($0, abs($1.0 - $1.1)) } / peak
        #expect(error <= tolerance, "\(label): \(error)")
    }

    /// 1e-9 of the largest value: resampling, removal of silence, bands.
    @Test(arguments: fixtures)
    func stepsOfSTOIMatch(_ fixture: Fixture) throws {
        let pair = try Self.pair(fixture)
        let resampler = OctaveResampler(from: pair.sampleRate, to: 10_000)
        let clean = resampler(pair.clean)
        Self.expectClose(clean, try fixture.doubles("stoi.clean_10k"), within: 1e-9, "resampled")
        let (x, y) = ThirdOctaveSpectrogram.removingSilence(clean, resampler(pair.degraded))
        Self.expectClose(x, try fixture.doubles("stoi.clean_10k_no_silence"), within: 1e-9, "clean without silence")
        Self.expectClose(
            y, try fixture.doubles("stoi.degraded_10k_no_silence"), within: 1e-9, "degraded without silence")
        Self.expectClose(
            try ThirdOctaveSpectrogram(x).values, try fixture.doubles("stoi.clean_bands"), within: 1e-9, "clean bands")
        Self.expectClose(
            try ThirdOctaveSpectrogram(y).values, try fixture.doubles("stoi.degraded_bands"), within: 1e-9,
            "degraded bands")
    }

    /// 1e-6 for every frame's likelihood ratio.
    @Test(arguments: fixtures.filter { $0.hasTensor("llr.per_frame") })
    func likelihoodRatiosMatchFrameByFrame(_ fixture: Fixture) throws {
        let pair = try Self.pair(fixture)
        Self.expectClose(
            LogLikelihoodRatio.frames(reference: pair.clean, estimate: pair.degraded, sampleRate: pair.sampleRate),
            try fixture.doubles("llr.per_frame"), within: 1e-6, "likelihood ratio")
    }

    /// Centres of channels and modulation bands to 1e-9, energies to 1e-6 of the largest.
    @Test(arguments: fixtures.filter { $0.hasTensor("srmr.energy_mean_over_frames") })
    func energiesOfSRMRMatch(_ fixture: Fixture) throws {
        let pair = try Self.pair(fixture)
        let gammatone = GammatoneBank(count: 23, lowest: 125, sampleRate: pair.sampleRate)
        Self.expectClose(gammatone.centers, try fixture.doubles("srmr.centre_freqs"), within: 1e-9, "channels")
        let modulation = ModulationBank(from: 4, to: 128, sampleRate: pair.sampleRate)
        Self.expectClose(
            modulation.centers, try fixture.doubles("srmr.modulation_centre_freqs"), within: 1e-9, "modulation bands")
        let energies = try ReverberationRatio.energies(
            pair.degraded, gammatone, modulation, sampleRate: pair.sampleRate)
        let means = energies.flatMap { channel -> [Double] in
            let mean = channel.reduce(.zero, +) / Double(channel.count)
            return (0..<ModulationBank.count).map { mean[$0] }
        }
        let expected = try fixture.doubles("srmr.energy_mean_over_frames")
        let peak = expected.max() ?? 1
        Self.expectClose(means.map { $0 / peak }, expected.map { $0 / peak }, within: 1e-6, "energies")
    }
}
