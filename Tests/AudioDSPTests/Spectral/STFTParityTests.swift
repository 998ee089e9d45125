import AudioDSP
import NeuralCore
import TestSupport
import Testing

@Suite struct STFTParityTests {
    @Test(arguments: Fixture.all(in: "dsp/stft"))
    func forwardMatchesTorch(_ fixture: Fixture) throws {
        let x = try fixture.floats("x")
        let cases = try required(fixture.config["cases"].array)
        #expect(!cases.isEmpty)
        for entry in cases {
            let name = try required(entry["name"].string)
            let configuration = try stftConfiguration(entry)
            let signal = Array(x.prefix(try required(entry["N"].int)))
            let stft = try STFT(configuration)
            guard entry["torch"].string == "ok" else {
                #expect(throws: SignalError.self, "\(name)") { try stft.forward(signal) }
                continue
            }
            let spectrum = try stft.forward(signal)
            #expect(spectrum.frameCount == entry["frames"].int, "\(name)")
            #expect(configuration.frameCount(forSamples: signal.count) == spectrum.frameCount)
            #expect(spectrum.binCount == entry["bins"].int, "\(name)")
            let expected = try spectrogram(fixture.floats(name), shape: fixture.shape(name))
            expectClose(spectrum.values, expected.values, relativeToPeak: 2e-6, name)
        }
    }

    @Test(arguments: Fixture.all(in: "dsp/stft"))
    func inverseMatchesTorch(_ fixture: Fixture) throws {
        let cases = try required(fixture.config["inverse"].array)
        #expect(!cases.isEmpty)
        for entry in cases {
            let name = try required(entry["name"].string)
            let source = entry["spec"].string ?? String(name.prefix { $0 != "." }) + ".inv.spec"
            let spectrum = try spectrogram(fixture.floats(source), shape: fixture.shape(source))
            let stft = try STFT(stftConfiguration(entry))
            let length = entry["length_asked"].int
            guard entry["torch"].string == "ok" else {
                #expect(throws: SignalError.self, "\(name)") { try stft.inverse(spectrum, length: length) }
                continue
            }
            let signal = try stft.inverse(spectrum, length: length)
            #expect(signal.count == entry["length_got"].int, "\(name)")
            let expected = try fixture.floats(name)
            let natural = stft.configuration.sampleCount(forFrames: spectrum.frameCount)
            let body = min(natural, expected.count)
            expectClose(Array(signal.prefix(body)), Array(expected.prefix(body)), relativeToPeak: 2e-6, name)
            expectClose(signal, expected, relativeToPeak: 1e-3, name + " with its tail")
        }
    }

    @Test(arguments: Fixture.all(in: "dsp/stft"))
    func roundTripIsExact(_ fixture: Fixture) throws {
        let x = try fixture.floats("x")
        for entry in try required(fixture.config["round_trip"].array) where entry["dtype"].string == "float32" {
            let settings = fixture.config["configs"][try required(entry["cfg"].string)]
            let stft = try STFT(
                STFTConfiguration(
                    nFFT: try required(settings["n_fft"].int), hopLength: try required(settings["hop"].int),
                    windowLength: try required(settings["win"].int),
                    window: entry["window"].string == "hann" ? .hann : .sqrtHann))
            let signal = Array(x.prefix(try required(entry["N"].int)))
            let spectrum = try stft.forward(signal)
            let covered = max(stft.configuration.sampleCount(forFrames: spectrum.frameCount), 0)
            let length = min(signal.count, covered)
            let back = try stft.inverse(spectrum, length: length)
            expectClose(back, Array(signal.prefix(length)), absolute: 2e-6, "\(settings) \(signal.count)")
        }
    }

    @Test(arguments: Fixture.all(in: "dsp/stft"))
    func gapsBetweenWindowsAreRefused(_ fixture: Fixture) throws {
        for entry in try required(fixture.config["nola"].array) {
            let stft = try STFT(stftConfiguration(entry))
            let smallest = try required(entry["min_envelope"].double)
            // The envelope's largest value is between one and three here, so 1e-6 of it is about 1e-6.
            let recoverable = entry["torch_istft"].string == "ok" && smallest > 2e-6
            #expect(stft.isInvertible == recoverable, "\(entry)")
        }
    }
}
