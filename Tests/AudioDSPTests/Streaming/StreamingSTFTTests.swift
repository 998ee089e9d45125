import AudioDSP
import Testing

/// Pieces of any size give the bits of the whole.
@Suite struct StreamingSTFTTests {
    static let blockSizes = [1, 37, 128, 1_000, 5_000]
    static let settings = STFTTests.settings + [
        STFTConfiguration(nFFT: 64, hopLength: 80, centered: false),
        STFTConfiguration(nFFT: 64, hopLength: 80, window: .rectangular),
    ]

    @Test(arguments: settings, blockSizes)
    func forward(_ configuration: STFTConfiguration, _ block: Int) throws {
        let stft = try STFT(configuration)
        var stream = StreamingSTFT(stft)
        for length in [configuration.minimumSampleCount, 777, 4_001] {
            let signal = noise(length, seed: UInt64(length))
            var values: [Float] = []
            for start in stride(from: 0, to: length, by: block) {
                values += stream.process(Array(signal[start..<min(start + block, length)])).values
            }
            values += try stream.finish().values
            #expect(values == (try stft.forward(signal).values), "\(length) samples")
        }
    }

    @Test(arguments: STFTTests.settings)
    func aSignalThatIsTooShortIsRefused(_ configuration: STFTConfiguration) throws {
        var stream = StreamingSTFT(try STFT(configuration))
        _ = stream.process([Float](repeating: 1, count: configuration.minimumSampleCount - 1))
        #expect(throws: SignalError.self) { try stream.finish() }
    }

    @Test(arguments: STFTTests.settings, [1, 3, 100])
    func inverse(_ configuration: STFTConfiguration, _ block: Int) throws {
        let stft = try STFT(configuration)
        var stream = try StreamingISTFT(stft)
        let spectrum = try stft.forward(noise(3_000, seed: 11))
        let natural = configuration.sampleCount(forFrames: spectrum.frameCount)
        for length in [nil, natural - 3, natural + configuration.edgePadding / 2, natural + 5_000] {
            guard let whole = try? stft.inverse(spectrum, length: length) else { continue }
            var output: [Float] = []
            let stride = 2 * spectrum.binCount
            for start in Swift.stride(from: 0, to: spectrum.frameCount, by: block) {
                let end = min(start + block, spectrum.frameCount)
                output += try stream.process(
                    ComplexSpectrogram(
                        frameCount: end - start, binCount: spectrum.binCount,
                        values: Array(spectrum.values[start * stride..<end * stride])))
            }
            output += try stream.finish(length: length)
            #expect(output == whole, "length \(length ?? natural)")
        }
    }

    @Test func aWindowThatCannotBeInvertedIsRefused() throws {
        let stft = try STFT(STFTConfiguration(nFFT: 64, hopLength: 16, centered: false))
        #expect(throws: SignalError.self) { try StreamingISTFT(stft) }
    }
}
