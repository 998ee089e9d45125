import AudioDSP
import Foundation
import NeuralCore
import TestSupport
import Testing

@testable import MusicRL

@Suite struct ReconstructionLossTests {
    @Test func powerSpectra() throws {
        let stft = try STFT(STFTConfiguration(nFFT: 32, hopLength: 8))
        var random = Philox(seed: 5)
        let signals = Tensor.gaussian([2, 100], using: &random)
        let expected = try (0..<2).flatMap { try stft.forward(Array(signals.values[$0 * 100..<($0 + 1) * 100])).power() }
        expectClose(stft.power(signals).values, expected, relativeToPeak: 1e-6)
        checkGradients(at: [signals]) { stft.power($0[0]) }
    }

    @Test func measuresDistance() throws {
        let loss = try SpectralReconstructionLoss(sampleRate: 24_000)
        let time = (0..<24_000).map { Float($0) / 24_000 }
        func tone(_ frequency: Float, _ level: Float = 0.3) -> Tensor {
            Tensor(time.map { level * sinf(2 * .pi * frequency * $0) }, shape: [1, time.count])
        }
        let target = tone(440)
        #expect(loss(target, target: target).item == 0 && loss.melDistance(target, target: target) == 0)
        // A little louder, a semitone off, another octave: ever further away.
        let distances = [tone(440, 0.33), tone(466), tone(880)].map { loss($0, target: target).item }
        #expect(distances[0] < distances[1] && distances[1] < distances[2], "\(distances)")
        // Halving the level of wide-band noise takes 6 dB off each band.
        var random = Philox(seed: 1)
        let noise = Tensor.gaussian([1, 24_000], using: &random) * 0.3
        #expect(abs(loss.melDistance(noise * 0.5, target: noise) - 6.02) < 0.1)
    }

    @Test func gradient() throws {
        let loss = try SpectralReconstructionLoss(sampleRate: 24_000)
        var random = Philox(seed: 7)
        let target = Tensor.gaussian([1, 2400], using: &random) * 0.2
        let estimate = Tensor.gaussian([1, 2400], using: &random) * 0.2
        checkGradients(at: [estimate], step: 2e-3, tolerance: 2e-2, samples: 12) { loss($0[0], target: target) * 1000 }
    }
}
