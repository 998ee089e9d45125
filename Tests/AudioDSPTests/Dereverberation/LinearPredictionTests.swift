import NeuralCore
import TestSupport
import Testing

@testable import AudioDSP

@Suite struct LinearPredictionTests {
    /// 1e-4 of the largest value: the fixture was computed in double precision from the same float32 spectrogram.
    @Test(arguments: Fixture.all(in: "dsp_linear_prediction"))
    func matchesTheReference(_ fixture: Fixture) throws {
        for item in try required(fixture.config["cases"].array) {
            let name = try required(item["name"].string)
            let shape = try fixture.shape("\(name).in")
            let prediction = LinearPrediction(
                taps: try required(item["taps"].int), delay: try required(item["delay"].int),
                iterations: try required(item["iterations"].int))
            let result = prediction.residual(of: try ComplexSpectrogram(
                frameCount: shape[0], binCount: shape[1], values: fixture.floats("\(name).in")))
            let expected = try fixture.floats("\(name).out")
            let largest = expected.reduce(0) { max($0, abs($1)) }
            let error = zip(result.values, expected).reduce(0) { max($0, abs($1.0 - $1.1)) }
            #expect(result.values.count == expected.count && error < 1e-4 * largest, "\(name): \(error / largest)")
        }
    }

    /// Frames of noise whose level changes, each followed by an echo four frames later.
    private static func echoing(frames: Int, bins: Int) throws -> (dry: ComplexSpectrogram, echoing: ComplexSpectrogram) {
        var random = Philox(seed: 3)
        let dry = try ComplexSpectrogram(
            frameCount: frames, binCount: bins,
            values: (0..<frames * bins * 2).map { index in
                random.nextGaussian() * ((index / (bins * 2)) % 9 < 4 ? 1 : 0.05)
            })
        var wet = dry
        for index in 4 * bins * 2..<wet.values.count { wet.values[index] += 0.7 * wet.values[index - 4 * bins * 2] }
        return (dry, wet)
    }

    @Test func takesAnEchoAway() throws {
        let (dry, wet) = try Self.echoing(frames: 600, bins: 3)
        let result = LinearPrediction(taps: 6, delay: 2, iterations: 3).residual(of: wet)
        func error(_ spectrum: ComplexSpectrogram) -> Double {
            zip(spectrum.values, dry.values).reduce(0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) }
        }
        #expect(error(result) < 0.02 * error(wet))
    }

    @Test func doesNotDependOnTheLevel() throws {
        let wet = try Self.echoing(frames: 200, bins: 2).echoing
        var quiet = wet
        for index in quiet.values.indices { quiet.values[index] *= 1e-4 }
        let (one, other) = (LinearPrediction().residual(of: wet).values, LinearPrediction().residual(of: quiet).values)
        #expect(zip(one, other).allSatisfy { abs($0 - 1e4 * $1) <= 1e-4 * max(1, abs($0)) })
    }

    @Test func whatIsTooShortOrSilentStaysAsItIs() throws {
        let short = try Self.echoing(frames: 11, bins: 2).echoing
        #expect(LinearPrediction().residual(of: short) == short)
        let silence = ComplexSpectrogram(frameCount: 400, binCount: 2)
        #expect(LinearPrediction().residual(of: silence) == silence)
        #expect(LinearPrediction().residual(of: ComplexSpectrogram(frameCount: 0, binCount: 2)).values.isEmpty)
        var steady = ComplexSpectrogram(frameCount: 300, binCount: 1)
        for index in steady.values.indices { steady.values[index] = 1 }
        #expect(LinearPrediction().residual(of: steady).values.allSatisfy { $0.isFinite && abs($0) <= 1.001 })
    }

    @Test func refusesSettingsThatCannotBe() {
        for bad in [LinearPrediction(taps: 0), LinearPrediction(taps: 65), LinearPrediction(delay: 0), LinearPrediction(iterations: 0)] {
            #expect(throws: SignalError.self) { try bad.validate() }
        }
    }
}
