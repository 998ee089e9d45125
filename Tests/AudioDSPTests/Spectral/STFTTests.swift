import AudioDSP
import Foundation
import TestSupport
import Testing

@Suite struct STFTTests {
    static let settings: [STFTConfiguration] = [
        STFTConfiguration(nFFT: 510, hopLength: 128),
        STFTConfiguration(nFFT: 512, hopLength: 160, windowLength: 400, window: .sqrtHann, normalized: true),
        STFTConfiguration(nFFT: 255, hopLength: 85),
        STFTConfiguration(nFFT: 128, hopLength: 64, padding: .zeros),
        STFTConfiguration(nFFT: 96, hopLength: 32, window: .hamming, centered: false),
    ]

    @Test func settingsOutOfRangeAreRefused() {
        let wrong = [
            STFTConfiguration(nFFT: 0, hopLength: 1), STFTConfiguration(nFFT: -4, hopLength: 1),
            STFTConfiguration(nFFT: 8, hopLength: 0), STFTConfiguration(nFFT: 8, hopLength: 2, windowLength: 9),
            STFTConfiguration(nFFT: 8, hopLength: 2, windowLength: 0),
            STFTConfiguration(nFFT: 8, hopLength: 2, window: .custom([1, 2, 3])),
            STFTConfiguration(nFFT: 2, hopLength: 1, window: .custom([1, .nan])),
            STFTConfiguration(nFFT: .max, hopLength: 1),
        ]
        for configuration in wrong {
            #expect(throws: SignalError.self, "\(configuration)") { try STFT(configuration) }
        }
    }

    @Test func aSpectrumOfTheWrongSizeIsRefused() throws {
        let stft = try STFT(STFTConfiguration(nFFT: 16, hopLength: 4))
        #expect(throws: SignalError.self) { try stft.inverse(ComplexSpectrogram(frameCount: 3, binCount: 8)) }
        #expect(throws: SignalError.self) {
            try stft.inverse(ComplexSpectrogram(frameCount: 3, binCount: 9), length: -1)
        }
        #expect(try stft.inverse(ComplexSpectrogram(frameCount: 0, binCount: 9)).isEmpty)
    }

    @Test(arguments: settings)
    func planesAndBack(_ configuration: STFTConfiguration) throws {
        let spectrum = try STFT(configuration).forward(noise(2_000, seed: 3))
        let planes = spectrum.planes()
        #expect(planes[1 * spectrum.frameCount + 2] == spectrum[2, 1].real)
        #expect(planes[(spectrum.binCount + 1) * spectrum.frameCount + 2] == spectrum[2, 1].imaginary)
        let back = try ComplexSpectrogram(
            planes: planes, binCount: spectrum.binCount, frameCount: spectrum.frameCount)
        #expect(back == spectrum)
    }

    /// ⟨A x, g⟩ = ⟨x, Aᵀ g⟩ to 1e-5 of the product of the norms, for the transform and for its inverse.
    @Test(arguments: settings)
    func adjointsAreTransposes(_ configuration: STFTConfiguration) throws {
        let stft = try STFT(configuration)
        let signal = noise(1_003, seed: 5)
        let spectrum = try stft.forward(signal)
        let weights = try ComplexSpectrogram(
            frameCount: spectrum.frameCount, binCount: spectrum.binCount, values: noise(spectrum.values.count, seed: 7))
        expectSameProduct(
            spectrum.values, weights.values, signal, try stft.forwardAdjoint(weights, sampleCount: signal.count))
        guard stft.isInvertible else { return }
        let inverse = try stft.inverse(weights)
        let slopes = noise(inverse.count, seed: 9)
        expectSameProduct(
            inverse, slopes, weights.values, try stft.inverseAdjoint(slopes, frameCount: weights.frameCount).values)
    }

    @Test func manyThreadsShareOneTransform() async throws {
        let stft = try STFT(STFTConfiguration(nFFT: 384, hopLength: 96))
        let signal = noise(20_000, seed: 1)
        let expected = try stft.forward(signal)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for length in 0..<8 {
                group.addTask {
                    _ = try RealTransform.ofLength(1_000 + length)
                    return try stft.forward(signal) == expected
                }
            }
            for try await same in group { #expect(same) }
        }
    }

    private func expectSameProduct(_ a: [Float], _ b: [Float], _ c: [Float], _ d: [Float]) {
        let left = product(a, b), right = product(c, d)
        let size = (product(a, a) * product(b, b)).squareRoot()
        #expect(abs(left - right) <= 1e-5 * size, "\(left) is not \(right)")
        #expect(size > 0)
    }

    private func product(_ a: [Float], _ b: [Float]) -> Double {
        zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
}

/// Uniform noise in [-1, 1], the same for one seed.
func noise(_ count: Int, seed: UInt64) -> [Float] {
    var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    return (0..<count).map { _ in
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Float(Int64(bitPattern: state) >> 40) / Float(1 << 23)
    }
}
