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

    /// The signal of a set, whose name is `x<kilohertz>k`, and the transform that its notes tell.
    private struct Source {
        let signal: [Float]
        let sampleRate: Int
        let nFFT: Int
        let hop: Int
        let window: Int

        init(_ fixture: Fixture) throws {
            let name = try required(fixture.names.first { $0.hasPrefix("x") && $0.hasSuffix("k") })
            signal = try fixture.floats(name)
            sampleRate = Int(1_000 * (try required(Double(name.dropFirst().dropLast()))))
            let notes = try required(fixture.io["explain"]["logmel."].string)
            let match = try required(notes.firstMatch(of: /n_fft (\d+), hop (\d+), win (\d+)/))
            (nFFT, hop, window) = (try required(Int(match.1)), try required(Int(match.2)), try required(Int(match.3)))
        }

        func features(
            bands: Int, scale: MelScale, normalization: MelFilterBank.Normalization,
            spectrum: MelSpectrogram.Spectrum = .power, padding: STFTConfiguration.Padding = .zeros
        ) throws -> [Float] {
            let mel = try MelSpectrogram(
                STFTConfiguration(nFFT: nFFT, hopLength: hop, windowLength: window, padding: padding),
                bank: MelFilterBank(
                    sampleRate: sampleRate, nFFT: nFFT, bandCount: bands, scale: scale, normalization: normalization),
                spectrum: spectrum)
            return try mel(signal)
        }
    }

    /// Fixtures hold `[bands, frames]`.
    private func expectBands(
        _ fixture: Fixture, _ name: String, absolute tolerance: Double, _ features: (_ bands: Int) throws -> [Float]
    ) throws {
        let bands = try fixture.shape(name)[0], theirs = try fixture.floats(name)
        let ours = try features(bands)
        let transposed = (0..<bands).flatMap { band in stride(from: band, to: ours.count, by: bands).map { ours[$0] } }
        expectClose(transposed, theirs, absolute: tolerance, name)
    }

    /// The only tensor whose name begins with `prefix`.
    private func name(_ prefix: String, in fixture: Fixture) throws -> String {
        try required(fixture.names.first { $0.hasPrefix(prefix) })
    }

    /// Powers to 2e-6 of the peak, values in dB to 1e-3, natural logarithms to 1e-4.
    @Test(arguments: Fixture.all(in: "dsp/mel"))
    func logarithmsMatch(_ fixture: Fixture) throws {
        let source = try Source(fixture)
        func slaney(_ bands: Int) throws -> [Float] {
            try source.features(bands: bands, scale: .slaney, normalization: .area)
        }
        let mel = try name("logmel.mel", in: fixture)
        try expectBands(fixture, mel, absolute: 2e-6 * Double(try fixture.floats(mel).max() ?? 0), slaney)
        for (prefix, logarithm) in [
            ("ref1.amin", SpectralLogarithm.decibels()), ("refmax.top", .decibels(reference: .maximum)),
            ("ref1.topNone", .decibels(range: nil)),
        ] {
            let name = try name("logmel.power_to_db.\(prefix)", in: fixture)
            try expectBands(fixture, name, absolute: 1e-3) { logarithm(try slaney($0)) }
        }
        try expectBands(fixture, name("logmel.ln_clamp1e-5_magnitude", in: fixture), absolute: 1e-4) { bands in
            SpectralLogarithm.clamped(floor: 1e-5)(
                try source.features(bands: bands, scale: .slaney, normalization: .area, spectrum: .magnitude))
        }
        try expectBands(fixture, name("logmel.ln_plus1e-6_power_htk", in: fixture), absolute: 1e-4) { bands in
            SpectralLogarithm.shifted(offset: 1e-6)(
                try source.features(bands: bands, scale: .htk, normalization: .none))
        }
    }

    /// With reflected edges. torchaudio's bank, in single precision, is 1.2e-5 off: powers to 3e-5 of the peak.
    @Test(arguments: Fixture.all(in: "dsp/mel"))
    func reflectedEdgesMatchTorchaudio(_ fixture: Fixture) throws {
        let source = try Source(fixture)
        func reflected(_ bands: Int) throws -> [Float] {
            try source.features(bands: bands, scale: .htk, normalization: .none, padding: .reflect)
        }
        let power = try name("torchaudio.MelSpectrogram.htk", in: fixture)
        try expectBands(fixture, power, absolute: 3e-5 * Double(try fixture.floats(power).max() ?? 0), reflected)
        try expectBands(fixture, name("torchaudio.AmplitudeToDB.power.top80", in: fixture), absolute: 1e-3) {
            SpectralLogarithm.decibels()(try reflected($0))
        }
    }

    @Test(arguments: Fixture.all(in: "dsp/mel"))
    func cepstraMatch(_ fixture: Fixture) throws {
        let source = try Source(fixture)
        let bands = try fixture.shape(name("logmel.mel", in: fixture))[0]
        let levels = SpectralLogarithm.decibels()(
            try source.features(bands: bands, scale: .slaney, normalization: .area))
        try expectBands(fixture, name("mfcc.librosa.", in: fixture), absolute: 1e-3) { count in
            try CepstralTransform(bandCount: bands, coefficientCount: count)(levels)
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
