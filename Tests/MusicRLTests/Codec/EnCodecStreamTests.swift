import NeuralCore
import TestSupport
import Testing

@testable import MusicRL

@Suite struct EnCodecStreamTests {
    /// A codec of the published shape with drawn weights.
    static func codec(causal: Bool, edges: String = "reflect", residualLayers: Int = 1) throws -> EnCodec {
        var configuration = EnCodecConfiguration()
        (configuration.filters, configuration.hiddenSize, configuration.codebookSize) = (4, 8, 32)
        configuration.upsamplingRatios = [8, 5, 4, causal ? 2 : 4]
        (configuration.isCausal, configuration.padMode, configuration.residualLayers) = (causal, edges, residualLayers)
        configuration.hasConvolvedShortcut = causal
        return try EnCodec(configuration, weights: DrawnTensors(configuration, codebooks: 3, seed: 5))
    }

    static let codecs = [(true, "reflect", 1), (false, "reflect", 1), (true, "constant", 2), (false, "constant", 2)]

    /// Pieces of any size give the samples of the whole, and give them no later than the stated look-ahead.
    @Test(arguments: codecs) func pieces(_ causal: Bool, _ edges: String, _ residualLayers: Int) throws {
        let codec = try Self.codec(causal: causal, edges: edges, residualLayers: residualLayers)
        var random = Philox(seed: 3)
        for frames in [1, 2, 3, 5, 7, 8, 40] {
            let codes = (0..<3).map { _ in (0..<frames).map { _ in Int32(random.nextInt(below: 32)) } }
            let whole = try codec.decode(codes)
            #expect(whole[0].count == frames * codec.hopLength)
            for size in [1, 2, 3, 7, 40] {
                var decoder = codec.makeStreamingDecoder(), samples: [Float] = []
                for start in stride(from: 0, to: frames, by: size) {
                    samples += try decoder.decode(codes.map { Array($0[start..<min(start + size, frames)]) })[0]
                    // The first samples wait until there is enough to mirror.
                    let settled = min(start + size, frames) - decoder.lookahead
                    if settled > 8 { #expect(samples.count >= settled * codec.hopLength) }
                }
                samples += try decoder.finish()[0]
                expectClose(samples, whole[0], relativeToPeak: 2e-6, "\(frames) frames, \(size) at a time")
                #expect(try decoder.finish()[0].isEmpty)
            }
        }
    }

    /// FACTS of the published shapes: no look-ahead when causal, 4 frames at 32 kHz.
    @Test func lookahead() throws {
        #expect(try Self.codec(causal: true).makeStreamingDecoder().lookahead == 0)
        #expect(try Self.codec(causal: false).makeStreamingDecoder().lookahead == 4)
    }

    /// A change of one frame reaches back exactly as far as the look-ahead says.
    @Test(arguments: [true, false]) func reach(_ causal: Bool) throws {
        let codec = try Self.codec(causal: causal), frames = 24, changed = 12
        var codes = [[Int32]](repeating: [Int32](repeating: 4, count: frames), count: 3)
        let before = try codec.decode(codes)[0]
        for row in 0..<3 { codes[row][changed] = 9 }
        let after = try codec.decode(codes)[0]
        let first = try #require(zip(before, after).enumerated().first { $1.0 != $1.1 }?.offset)
        let lookahead = codec.makeStreamingDecoder().lookahead
        #expect(first / codec.hopLength == changed - lookahead)
    }

    /// Encoding in blocks is encoding the whole, at lengths around steps and shorter than what is mirrored.
    @Test(arguments: codecs) func lengths(_ causal: Bool, _ edges: String, _ residualLayers: Int) throws {
        let codec = try Self.codec(causal: causal, edges: edges, residualLayers: residualLayers), hop = codec.hopLength
        var random = Philox(seed: 8)
        for count in [1, 2, 7, 100, hop - 1, hop, hop + 1, 5 * hop + 7, 129 * hop + 3] {
            let signal = Tensor.gaussian([1, 1, count], using: &random)
            var whole = codec.pipeline.encoder
            let latents = whole.process(signal, isLast: true)
            #expect(latents.shape == [1, 8, codec.frames(ofSamples: count)], "\(count) samples")
            for size in [64, 1000] where count < 10000 {
                var stream = codec.pipeline.encoder, parts: [Float] = []
                for start in stride(from: 0, to: count, by: size) {
                    let end = min(start + size, count)
                    parts += stream.process(signal.columns(start..<end), isLast: end == count).transposed([0, 2, 1]).values
                }
                expectClose(parts, latents.transposed([0, 2, 1]).values, relativeToPeak: 2e-6, "\(count) samples by \(size)")
            }
            let codes = try codec.encode([signal.values])
            #expect(codes.count == 3 && codes.allSatisfy { $0.count == latents.columnCount })
            #expect(codes == codec.pipeline.quantizer.encode(latents.transposed([0, 2, 1]).squeezed(at: 0), codebooks: 3))
        }
        #expect(try codec.encode([[]]) == [[], [], []] && codec.decode([[], [], []]) == [[]])
    }
}
