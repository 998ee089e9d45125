import AudioDSP
import Foundation
import NeuralCore
import TestSupport
import Testing

@Suite struct MelParityTests {
    /// Every bank's sums and peak, and all weights of those that are stored, to 1e-6 of the peak.
    @Test(arguments: Fixture.all(in: "dsp/mel"))
    func banksMatchLibrosa(_ fixture: Fixture) throws {
        let cases = try required(fixture.config["banks"].array)
        #expect(!cases.isEmpty)
        for entry in cases {
            let name = try required(entry["name"].string)
            let bank = try MelFilterBank(
                sampleRate: try required(entry["sr"].int), nFFT: try required(entry["n_fft"].int),
                bandCount: try required(entry["n_mels"].int),
                range: try required(entry["fmin"].double)...(try required(entry["fmax"].double)),
                scale: entry["htk"].bool == true ? .htk : .slaney,
                normalization: entry["norm"].string == "slaney" ? .area : .none)
            #expect(bank.emptyBandCount == entry["empty_rows"].int, "\(name)")
            let peak = try required(entry["peak"].double)
            #expect(abs(Double(bank.matrix.max() ?? 0) / peak - 1) < 1e-6, "\(name)")
            let sums = try required(entry["row_sum_first_mid_last"].doubles)
            for (band, sum) in zip([0, bank.bandCount / 2, bank.bandCount - 1], sums) {
                let row = bank.matrix[band * bank.binCount..<(band + 1) * bank.binCount]
                #expect(abs(row.reduce(0) { $0 + Double($1) } - sum) <= 1e-5 * max(sum, peak), "\(name), band \(band)")
            }
            if fixture.hasTensor(name) {
                expectClose(bank.matrix, try fixture.floats(name), relativeToPeak: 1e-6, name)
            }
        }
    }

    /// Names are `melfreq.<scale>.m<bands>.f<low>-<high>`.
    @Test(arguments: Fixture.all(in: "dsp/mel"))
    func edgesMatch(_ fixture: Fixture) throws {
        let names = fixture.names.filter { $0.hasPrefix("melfreq.") }
        #expect(!names.isEmpty)
        for name in names {
            let parts = name.split(separator: ".", maxSplits: 3).map(String.init)
            let range = parts[3].dropFirst().split(separator: "-").compactMap { Double($0) }
            let scale: MelScale = parts[1] == "htk" ? .htk : .slaney
            let expected = try fixture.doubles(name)
            for (ours, theirs) in zip(scale.frequencies(expected.count, in: range[0]...range[1]), expected) {
                #expect(abs(ours - theirs) <= 1e-9 * max(1, theirs), "\(name)")
                #expect(abs(scale.hertz(mel: scale.mel(hertz: theirs)) - theirs) <= 1e-9 * max(1, theirs))
            }
        }
    }

    private func features(
        _ fixture: Fixture, bands: Int, scale: MelScale, normalization: MelFilterBank.Normalization,
        spectrum: MelSpectrogram.Spectrum = .power, padding: STFTConfiguration.Padding = .zeros
    ) throws -> [Float] {
        let mel = try MelSpectrogram(
            STFTConfiguration(nFFT: 512, hopLength: 160, windowLength: 400, padding: padding),
            bank: MelFilterBank(
                sampleRate: 16_000, nFFT: 512, bandCount: bands, scale: scale, normalization: normalization),
            spectrum: spectrum)
        return try mel(fixture.floats("x16k"))
    }

    /// Fixtures hold `[bands, frames]`.
    private func expectBands(
        _ ours: [Float], bands: Int, _ fixture: Fixture, _ name: String, absolute tolerance: Double
    ) throws {
        let shape = try fixture.shape(name), theirs = try fixture.floats(name)
        let transposed = (0..<shape[0]).flatMap { band in
            stride(from: band, to: ours.count, by: bands).prefix(shape[1]).map { ours[$0] }
        }
        expectClose(transposed, theirs, absolute: tolerance, name)
    }

    /// Powers to 2e-6 of the peak, values in dB to 1e-3, natural logarithms to 1e-4.
    @Test(arguments: Fixture.all(in: "dsp/mel"))
    func logarithmsMatch(_ fixture: Fixture) throws {
        let power = try features(fixture, bands: 80, scale: .slaney, normalization: .area)
        let name = "logmel.power_to_db"
        let peak = Double(try fixture.floats("logmel.mel80_power").max() ?? 0)
        try expectBands(power, bands: 80, fixture, "logmel.mel80_power", absolute: 2e-6 * peak)
        try expectBands(
            SpectralLogarithm.decibels()(power), bands: 80, fixture, "\(name).ref1.amin1e-10.top80", absolute: 1e-3)
        try expectBands(
            SpectralLogarithm.decibels(reference: .maximum)(power), bands: 80, fixture, "\(name).refmax.top80",
            absolute: 1e-3)
        try expectBands(
            SpectralLogarithm.decibels(range: nil)(power), bands: 80, fixture, "\(name).ref1.topNone", absolute: 1e-3)
        try expectBands(
            SpectralLogarithm.clamped(floor: 1e-5)(
                features(fixture, bands: 80, scale: .slaney, normalization: .area, spectrum: .magnitude)),
            bands: 80, fixture, "logmel.ln_clamp1e-5_magnitude", absolute: 1e-4)
        try expectBands(
            SpectralLogarithm.shifted(offset: 1e-6)(
                features(fixture, bands: 64, scale: .htk, normalization: .none)),
            bands: 64, fixture, "logmel.ln_plus1e-6_power_htk64", absolute: 1e-4)

        let reflected = try features(
            fixture, bands: 80, scale: .htk, normalization: .none, padding: .reflect)
        let torch = "torchaudio.MelSpectrogram.htk80.power_reflect"
        // torchaudio's bank is 1.2e-5 off in single precision.
        let reflectedPeak = Double(try fixture.floats(torch).max() ?? 0)
        try expectBands(reflected, bands: 80, fixture, torch, absolute: 3e-5 * reflectedPeak)
        try expectBands(
            SpectralLogarithm.decibels()(reflected), bands: 80, fixture, "torchaudio.AmplitudeToDB.power.top80",
            absolute: 1e-3)
    }

    @Test(arguments: Fixture.all(in: "dsp/mel"))
    func cepstraMatch(_ fixture: Fixture) throws {
        let levels = SpectralLogarithm.decibels()(
            try features(fixture, bands: 80, scale: .slaney, normalization: .area))
        let names = fixture.names.filter { $0.hasPrefix("mfcc.librosa.") }
        #expect(!names.isEmpty)
        for name in names {
            let count = try fixture.shape(name)[0]
            let transform = try CepstralTransform(bandCount: 80, coefficientCount: count)
            try expectBands(transform(levels), bands: count, fixture, name, absolute: 1e-3)
        }
    }

    @Test(arguments: Fixture.all(in: "dsp/mel"))
    func silenceHasALevel(_ fixture: Fixture) throws {
        let expected = try fixture.floats("logmel.silence.power_to_db.refmax")
        let silence = [Float](repeating: 0, count: expected.count)
        expectClose(
            SpectralLogarithm.decibels(reference: .maximum)(silence), expected, absolute: 1e-3)
    }

    @Test func settingsOutOfRangeAreRefused() throws {
        for (rate, size, bands, range) in [
            (0, 512, 40, 0.0...100), (16_000, 0, 40, 0...100), (16_000, 512, 0, 0...100), (16_000, 512, 40, 0...9_000),
            (16_000, 512, 40, 100...100), (16_000, 512, 40, -5...100),
        ] {
            #expect(throws: SignalError.self) {
                try MelFilterBank(sampleRate: rate, nFFT: size, bandCount: bands, range: range)
            }
        }
        let bank = try MelFilterBank(sampleRate: 16_000, nFFT: 512, bandCount: 40)
        #expect(throws: SignalError.self) { try bank.apply([1, 2, 3]) }
        #expect(throws: SignalError.self) { try MelSpectrogram(STFTConfiguration(nFFT: 256), bank: bank) }
        #expect(throws: SignalError.self) { try CepstralTransform(bandCount: 10, coefficientCount: 11) }
        #expect(throws: SignalError.self) { try CepstralTransform(bandCount: 10, coefficientCount: 5)([1]) }
    }
}
