import AudioDSP
import NeuralCore
import TestSupport
import Testing

@Suite struct SpeechMixerTests {
    /// 1e-6 absolute, the reference's tolerance.
    @Test(arguments: Fixture.all(in: "dsp/level"))
    func mixturesMatch(_ fixture: Fixture) throws {
        let noise = try fixture.floats("mix.noise")
        let cases = try required(fixture.config["mix"].array)
        #expect(!cases.isEmpty)
        for entry in cases {
            let name = try required(entry["name"].string)
            let scale = entry["common_scale"].double
            let speech = try fixture.floats(scale == nil ? "mix.speech" : "mix.hot_speech")
            var mixer = SpeechMixer()
            if entry["active_level_dBov"].double != nil { mixer.measure = .activeSpeech(sampleRate: 16_000) }
            // Such names are `mix.hot_snr<ratio>_peak<limit>`.
            let numbers = name.split(separator: "_").compactMap { part in
                Float(part.drop { !"-.0123456789".contains($0) })
            }
            if scale != nil { mixer.peakLimit = try required(numbers.last) }
            let snr = try required(entry["snr_dB"].double ?? numbers.first.map { Double($0) })
            let mixture = try mixer.mix(speech: speech, noise: noise, snr: snr)
            let gain = try required(entry["noise_gain"].double)
            #expect(abs(mixture.noiseGain / gain - 1) < 1e-6, "\(name): \(mixture.noiseGain) instead of \(gain)")
            #expect(abs(mixture.commonGain - (scale ?? 1)) < 1e-6, "\(name)")
            expectClose(mixture.noisy, try fixture.floats(name), absolute: 1e-6, name)
        }
    }

    @Test func partsAddUp() throws {
        let speech = noise(8_000, seed: 31), sound = noise(3_000, seed: 32)
        let mixture = try SpeechMixer(peakLimit: 0.5).mix(speech: speech, noise: sound, snr: 3)
        #expect(abs(Level.peak(mixture.noisy) - 0.5) < 1e-6)
        #expect(abs(Level.rms(mixture.speech) - Level.rms(mixture.noise) - 3) < 1e-4)
        for index in speech.indices {
            #expect(abs(mixture.noisy[index] - mixture.speech[index] - mixture.noise[index]) < 1e-6)
        }
        let clean = try SpeechMixer().mix(speech: speech, noise: sound, snr: .infinity)
        #expect(clean.noisy == speech)
    }

    @Test func silenceCannotBeMixedAtARatio() {
        let speech = noise(8_000, seed: 31), silence = [Float](repeating: 0, count: 8_000)
        for mixer in [SpeechMixer(), SpeechMixer(measure: .activeSpeech(sampleRate: 16_000))] {
            #expect(throws: SignalError.self) { try mixer.mix(speech: silence, noise: speech, snr: 0) }
            #expect(throws: SignalError.self) { try mixer.mix(speech: speech, noise: silence, snr: 0) }
            #expect(throws: SignalError.self) { try mixer.mix(speech: speech, noise: [], snr: 0) }
            #expect(throws: SignalError.self) { try mixer.mix(speech: speech, noise: speech, snr: .nan) }
            #expect(throws: SignalError.notFinite(operation: "Mixing, noise", sample: 1)) {
                try mixer.mix(speech: speech, noise: [1, .nan], snr: 0)
            }
        }
    }
}
