import AudioDSP
import Foundation
import NeuralCore
import TestSupport
import Testing

@testable import MusicRL

@Suite struct SpectralCodecTests {
    /// A small network with drawn weights.
    static func network(seed: UInt64 = 4, kernel: Int = 5) -> SpectralCodecNetwork {
        var configuration = SpectralCodecConfiguration()
        (configuration.windowLength, configuration.spectrumHop) = (96, 24)
        (configuration.width, configuration.hiddenWidth, configuration.kernel) = (16, 24, kernel)
        (configuration.bins, configuration.dimension, configuration.codebooks) = (32, 8, 3)
        var random = Philox(seed: seed)
        return SpectralCodecNetwork(configuration, using: &random)
    }

    static func noise(_ count: Int, seed: UInt64 = 2) -> [Float] {
        var random = Philox(seed: seed)
        return Tensor.gaussian([count], using: &random).values.map { $0 * 0.1 }
    }

    /// Spectra that are known bring back the sound that they are of, edges included.
    @Test(arguments: [1, 2, 9]) func transformsAreInverse(_ spectra: Int) throws {
        let network = Self.network(), frames = try SpectralFrames(network.configuration)
        let signal = Self.noise(spectra * 24), bins = network.configuration.binCount
        let features = try frames.features(of: [signal]).values
        let polar = Tensor(shape: [1, spectra, 2 * bins]) { target in
            for row in 0..<spectra {
                for bin in 0..<bins {
                    let (real, imaginary) = (features[(row * bins + bin) * 2], features[(row * bins + bin) * 2 + 1])
                    target[row * 2 * bins + bin] = logf(hypotf(real, imaginary)) / 0.3
                    target[row * 2 * bins + bins + bin] = atan2f(imaginary, real)
                }
            }
        }
        expectClose(frames.signals(polar).values, signal, relativeToPeak: 1e-3)
    }

    /// Encoding and decoding in pieces is what the network does on whole sounds.
    @Test func streamsAreTheNetwork() throws {
        let network = Self.network(), codec = try SpectralCodec(network), frames = try SpectralFrames(network.configuration)
        let hop = codec.hopLength
        for count in [1, 2, 5, 30] {
            let signal = Self.noise(count * hop)
            let latents = network.encode(try frames.features(of: [signal])).squeezed(at: 0)
            let codes = codec.pipeline.quantizer.encode(latents, codebooks: 3)
            #expect(try codec.encode([signal]) == codes)
            let vectors = codec.pipeline.quantizer.decode(codes).expanded(at: 0)
            let sound = frames.signals(network.decode(vectors)).values
            expectClose(try codec.decode(codes)[0], sound, relativeToPeak: 1e-5, "\(count) frames")
            for size in [1, 3, 7] {
                var encoder = codec.makeStreamingEncoder(), decoder = codec.makeStreamingDecoder()
                var parts = [[Int32]](repeating: [], count: 3), samples: [Float] = []
                for start in stride(from: 0, to: signal.count, by: 17 * size) {
                    parts = parts.appending(try encoder.encode([Array(signal[start..<min(start + 17 * size, signal.count)])]))
                }
                #expect(parts.appending(try encoder.finish()) == codes)
                for start in stride(from: 0, to: count, by: size) {
                    samples += try decoder.decode(codes.map { Array($0[start..<min(start + size, count)]) })[0]
                    #expect(samples.count >= (min(start + size, count) - decoder.lookahead) * hop)
                }
                samples += try decoder.finish()[0]
                expectClose(samples, sound, relativeToPeak: 1e-5, "\(count) frames, \(size) at a time")
            }
        }
        #expect(try codec.encode([[]]) == [[], [], []] && codec.decode([[], [], []]) == [[]])
    }

    @Test func anyLength() throws {
        let codec = try SpectralCodec(Self.network()), hop = codec.hopLength
        for count in [1, hop - 1, hop, hop + 1, 7 * hop + 5] {
            let codes = try codec.encode([Self.noise(count)])
            #expect(codes.allSatisfy { $0.count == codec.frames(ofSamples: count) })
            #expect(try codec.decode(codes)[0].count == codes[0].count * hop)
            // Any number of coarse codebooks can be decoded.
            #expect(try codec.decode(Array(codes.prefix(1)))[0].allSatisfy { $0.isFinite })
        }
        let silent = try codec.decode(codec.encode([[Float](repeating: 0, count: 500)]))
        #expect(silent[0].allSatisfy { $0.isFinite })
    }

    /// The stated look-ahead is exactly how far a frame reaches back: one that is no number spoils all that it reaches.
    @Test(arguments: [3, 5, 7]) func lookahead(_ kernel: Int) throws {
        var network = Self.network(kernel: kernel)
        network.codebooks[0].withUnsafeMutableBuffer { entries in for index in 9 * 8..<10 * 8 { entries[index] = .nan } }
        let codec = try SpectralCodec(network), changed = 30
        var codes = [[Int32]](repeating: [Int32](repeating: 4, count: 60), count: 3)
        codes[0][changed] = 9
        let first = try #require(try codec.decode(codes)[0].firstIndex { $0.isNaN })
        #expect(first / codec.hopLength == changed - codec.makeStreamingDecoder().lookahead)
    }

    @Test func gradients() throws {
        let network = Self.network(), frames = try SpectralFrames(network.configuration)
        var random = Philox(seed: 6)
        let polar = Tensor.gaussian([2, 4, 2 * network.configuration.binCount], using: &random)
        checkGradients(at: [polar], "synthesis") { frames.signals($0[0]) }
        checkGradients(at: [.gaussian([1, 16, 9], using: &random)], "block") { network.decoder[0]($0[0]) }
        let features = Tensor.gaussian([1, 4, 2 * network.configuration.binCount], using: &random)
        checkGradients(at: [features], "encoder") { network.encode($0[0]) }
        let vectors = Tensor.gaussian([1, 3, 8], using: &random)
        checkGradients(at: [vectors], "decoder") { network.decode($0[0]) }
    }

    @Test func settings() throws {
        func error(_ change: (inout SpectralCodecConfiguration) -> Void) -> CodecError? {
            var configuration = SpectralCodecConfiguration()
            change(&configuration)
            return #expect(throws: CodecError.self) { try configuration.validate() }
        }
        #expect(error { $0.kernel = 6 } == .invalidSetting(name: "kernel", value: "6", fix: "it must be odd"))
        #expect(error { $0.windowLength = 300 }?.localizedDescription.contains("twice the hop") == true)
        #expect(error { $0.bins = 1 << 40 }?.localizedDescription.contains("bins") == true)
        #expect(error { $0.decoderBlocks.codes = -1 }?.localizedDescription.contains("decoderBlocks.codes") == true)
        // Settings that ask for more than the file holds are refused before anything is made.
        var large = SpectralCodecConfiguration()
        (large.width, large.hiddenWidth) = (1 << 14, 1 << 16)
        let tensors = DrawnTensors(EnCodecConfiguration(), codebooks: 1, seed: 1)
        #expect(throws: CheckpointError.self) { try SpectralCodec(large, weights: tensors) }
    }
}
