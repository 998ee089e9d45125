import Foundation
import NeuralCore
import TestSupport
import Testing

@testable import ScoreDiffusion

@Suite struct PESQLossTests {
    /// A voice-like sum of harmonics whose level comes and goes, at 16 kHz.
    private static func voice(_ samples: Int, pitch: Double) -> [Float] {
        (0..<samples).map { index in
            let time = Double(index) / 16_000, level = 0.3 + 0.25 * sin(2 * .pi * 3 * time)
            return Float(level * (1...12).reduce(0) { $0 + sin(2 * .pi * pitch * Double($1) * time) / Double($1) })
        }
    }

    private static func noise(_ samples: Int, level: Float, seed: UInt64 = 3) -> [Float] {
        var rng = Philox(seed: seed)
        return Tensor.gaussian([samples], using: &rng).values.map { $0 * level }
    }

    private func loss(_ clean: [Float], _ estimate: [Float]) throws -> Float {
        try PESQLoss()(
            clean: Tensor(clean, shape: [1, clean.count]), estimate: Tensor(estimate, shape: [1, estimate.count])
        ).item
    }

    @Test func moreNoiseIsWorseAndLevelsDoNotCount() throws {
        let clean = Self.voice(8000, pitch: 140)
        func noisy(_ level: Float) -> [Float] { zip(clean, Self.noise(8000, level: level)).map { $0 + $1 } }
        let (little, much) = (try loss(clean, noisy(0.01)), try loss(clean, noisy(0.1)))
        #expect(try loss(clean, clean) < 1e-4)
        #expect(little > 0.05 && much > 1.2 * little)
        let scaled = try loss(clean, noisy(0.05).map { $0 * 0.1 })
        #expect(abs(scaled - (try loss(clean, noisy(0.05)))) < 1e-3)
    }

    /// Against differences along the gradient and along a random direction. The steps are short because the loss jumps
    /// where an added sound begins to count.
    @Test func gradientIsRight() throws {
        // Every band has sound in it, and the difference is small enough not to be cut off.
        let clean = zip(Self.voice(6000, pitch: 120), Self.noise(6000, level: 0.1)).map { $0 + $1 }
        let noisy = zip(clean, Self.noise(6000, level: 0.06, seed: 4)).map { $0 + $1 }
        let reference = Tensor(clean, shape: [1, 6000]), estimate = Tensor(noisy, shape: [1, 6000])
        let (_, gradients) = try valueAndGradient(at: [estimate]) { try PESQLoss()(clean: reference, estimate: $0[0]).sum() }
        let gradient = gradients[0]
        var rng = Philox(seed: 8)
        for direction in [gradient, Tensor.gaussian([1, 6000], using: &rng)] {
            let norm = square(direction).sum().item.squareRoot(), unit = direction * (1 / norm)
            let step: Float = 5e-4
            func value(_ sign: Float) throws -> Double {
                Double(try PESQLoss()(clean: reference, estimate: estimate + unit * (sign * step)).item)
            }
            let numerical = try (value(1) - value(-1)) / Double(2 * step), analytical = Double((gradient * unit).sum().item)
            let size = Double(square(gradient).sum().item.squareRoot())
            #expect(size > 0)
            #expect(abs(numerical - analytical) < 2e-2 * size, "\(analytical) instead of \(numerical)")
        }
    }

    /// Silence on either side has a finite loss and a finite gradient.
    @Test func silenceStaysFinite() throws {
        let voice = Tensor(Self.voice(6000, pitch: 120), shape: [1, 6000]), silence = Tensor.zeros([1, 6000])
        for (clean, estimate) in [(silence, voice), (voice, silence), (silence, silence), (voice, voice)] {
            let (loss, gradients) = try valueAndGradient(at: [estimate]) { try PESQLoss()(clean: clean, estimate: $0[0]).sum() }
            #expect(loss.item.isFinite)
            #expect(gradients[0].values.allSatisfy { $0.isFinite })
        }
    }

    @Test func tooShortIsRefused() throws {
        let enough = PESQLoss.minimumSampleCount
        #expect(PerceptualFrontEnd.frameCount(samples: enough) == 20)
        #expect(throws: ScoreDiffusionError.recordingTooShort(frames: 3000, needed: enough)) {
            try loss(Self.voice(3000, pitch: 100), Self.voice(3000, pitch: 100))
        }
        _ = try loss(Self.voice(enough, pitch: 100), Self.voice(enough, pitch: 100))
    }

    @Test func filterGradientIsTheFilterBackwards() {
        let filter = RecursiveFilter(numerator: [1, 0.5, -0.2], denominator: [1, -1.2, 0.6])
        var rng = Philox(seed: 2)
        checkGradients(at: [.gaussian([2, 20], using: &rng)], "recursive filter") { filter($0[0]) }
        let impulse = filter(Tensor([1, 0, 0, 0], shape: [1, 4])).values
        expectClose(impulse, [1, 1.7, 1.24, 0.468], absolute: 1e-6, "impulse response")
    }

    /// The perceptual term is a part of the data-prediction loss.
    @Test func dataPredictionTakesThePerceptualTerm() throws {
        let transform = try SpectrogramTransform(.sgmse16kHz), clean = Self.voice(64 * 128, pitch: 130)
        let noisy = zip(clean, Self.noise(clean.count, level: 0.05)).map { $0 + $1 }
        let (x, y) = (try transform.spectra(of: [clean]), try transform.spectra(of: [noisy]))
        let loss = DataPredictionLoss(transform: transform, waveformWeight: 0.001, perceptualWeight: 5e-4)
        let parts = try loss.parts(estimate: y, clean: x)
        let perceptual = try #require(parts.perceptual)
        let expected = parts.spectral.item + 0.001 * parts.waveform.item + 5e-4 * perceptual.item
        #expect(abs(try loss(estimate: y, clean: x).item - expected) < 1e-6)
        #expect(abs(perceptual.item - (try self.loss(clean, noisy))) < 0.02)
        let (_, gradients) = try valueAndGradient(at: [y]) { try loss(estimate: $0[0], clean: x) }
        #expect(gradients[0].values.allSatisfy { $0.isFinite } && gradients[0].values.contains { $0 != 0 })
    }
}
