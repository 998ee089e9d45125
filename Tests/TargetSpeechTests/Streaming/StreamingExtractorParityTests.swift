import AudioDSP
import NeuralCore
import TestSupport
import Testing

@testable import TargetSpeech

/// The engine against the published network.
@Suite struct StreamingExtractorParityTests {
    @Test(arguments: Fixture.all(in: "tsh/tiny_extractor"))
    func wholeSignals(_ fixture: Fixture) throws {
        let extractor = try StreamingExtractor(ExtractorConfiguration(fixture), weights: fixture.weights)
        let mixture = try fixture.tensor("mixture"), embedding = try fixture.tensor("embedding")
        for item in 0..<mixture.shape[0] {
            let voice = embedding.rows(item)[0]
            for (name, factor) in [("output", Float(1)), ("output_emb_x16", 16)] {
                try extractor.setVoice(voice.map { $0 * factor })
                let expected = try fixture.tensor(name).rows(item)
                for (ear, samples) in try extractor.extract(mixture.rows(item)).enumerated() {
                    expectClose(samples, expected[ear], absolute: 5e-5, "\(name), item \(item), ear \(ear)")
                }
            }
        }
    }

    @Test(arguments: Fixture.all(in: "tsh/tiny_stream"))
    func chunksAndStates(_ fixture: Fixture) throws {
        let configuration = try ExtractorConfiguration(fixture)
        let mixture = try fixture.tensor("mixture"), embedding = try fixture.tensor("embedding")
        let states = Set(fixture.names.compactMap { $0.wholeMatch(of: /state@(\d+)\..*/).flatMap { Int($0.1) } })
        #expect(states.count > 3)
        for item in 0..<mixture.shape[0] {
            let extractor = try StreamingExtractor(configuration, weights: fixture.weights)
            try extractor.setVoice(embedding.rows(item)[0])
            var stream = ChunkedRun(extractor, mixture.rows(item))
            for chunk in 0...stream.chunkCount {
                if states.contains(chunk) { try expectState(extractor, chunk, item, of: fixture) }
                if chunk < stream.chunkCount { stream.step() }
            }
            let expected = try fixture.tensor("chunked").rows(item), offline = try fixture.tensor("offline").rows(item)
            let own = try extractor.extract(mixture.rows(item))
            for (ear, samples) in stream.output.enumerated() {
                expectClose(samples, expected[ear], absolute: 5e-5, "item \(item), ear \(ear)")
                expectClose(own[ear], offline[ear], absolute: 5e-5, "offline, item \(item), ear \(ear)")
                #expect(samples == own[ear], "chunked is offline")
            }
        }
    }

    @Test(arguments: Fixture.all(in: "tsh/tiny_stream"))
    func theVoiceChangesBetweenChunks(_ fixture: Fixture) throws {
        let change = try #require(fixture.config["stream_switch"].int)
        let mixture = try fixture.tensor("mixture"), expected = try fixture.tensor("switched")
        for item in 0..<mixture.shape[0] {
            let extractor = try StreamingExtractor(ExtractorConfiguration(fixture), weights: fixture.weights)
            try extractor.setVoice(try fixture.tensor("embedding").rows(item)[0])
            var stream = ChunkedRun(extractor, mixture.rows(item))
            for chunk in 0..<stream.chunkCount {
                if chunk == change { try extractor.setVoice(try fixture.tensor("embedding2").rows(item)[0]) }
                stream.step()
            }
            for (ear, samples) in stream.output.enumerated() {
                expectClose(samples, expected.rows(item)[ear], absolute: 5e-5, "item \(item), ear \(ear)")
            }
        }
    }

    @Test(arguments: Fixture.all(in: "tsh/full_size"))
    func thePublishedSize(_ fixture: Fixture) throws {
        let weights = try FormulaWeights(fixture.config["weights"]["extractor"])
        let extractor = try StreamingExtractor(ExtractorConfiguration(), weights: weights)
        try extractor.setVoice(try fixture.floats("extractor.embedding"))
        let mixture = try fixture.tensor("extractor.mixture").rows(0)
        var stream = ChunkedRun(extractor, mixture)
        while stream.chunk < stream.chunkCount { stream.step() }
        let expected = try fixture.tensor("extractor.output").rows(0)
        for (ear, samples) in stream.output.enumerated() {
            expectClose(samples, expected[ear], absolute: 1e-4, "ear \(ear)")
        }
        let features = extractor.output.past(1)
        let last = (0..<64).flatMap { feature in (0..<97).map { features[$0 * 64 + feature] } }
        expectClose(last, try fixture.floats("extractor.act.block2_last"), absolute: 1e-4, "last block")
        #expect(try extractor.extract(mixture) == stream.output)
    }

    private func expectState(
        _ extractor: StreamingExtractor, _ chunk: Int, _ item: Int, of fixture: Fixture
    ) throws {
        let configuration = extractor.configuration, bins = configuration.binCount
        func compare(_ values: [Float], _ name: String) throws {
            let all = try fixture.floats("state@\(chunk).\(name)")
            let expected = Array(all[item * values.count..<(item + 1) * values.count])
            expectClose(values, expected, absolute: 5e-5, "before chunk \(chunk), item \(item), \(name)")
        }
        func frames(_ convolution: FrameConvolution, stride: Int) -> [Float] {
            (0..<convolution.channels).flatMap { channel in
                (0..<2).flatMap { frame in (0..<bins).map { convolution.past(frame)[$0 * stride + channel] } }
            }
        }
        try compare(frames(extractor.input, stride: 2 * configuration.microphones), "conv_buf")
        try compare(frames(extractor.output, stride: paneled(configuration.width)), "deconv_buf")
        try compare(
            (0..<configuration.outputs).flatMap { ear in (0..<2 * bins).map { extractor.synthesis.spectrum(ear)[$0] } },
            "istft_buf")
        for (index, block) in extractor.blocks.enumerated() {
            let state = BlockState(block, configuration)
            for name in BlockState.names { try compare(state[name], "gridnet_bufs.buf\(index).\(name)") }
        }
    }
}

/// A signal through an extractor chunk by chunk, aligned with its input and silent after its end.
struct ChunkedRun {
    private let extractor: StreamingExtractor
    private let mixture: [[Float]]
    private(set) var chunk = 0
    private(set) var output: [[Float]]

    init(_ extractor: StreamingExtractor, _ mixture: [[Float]]) {
        (self.extractor, self.mixture) = (extractor, mixture)
        output = [[Float]](repeating: [], count: extractor.outputChannels)
        extractor.begin(with: Self.samples(mixture, from: 0, count: extractor.latency))
    }

    var chunkCount: Int { mixture[0].count / extractor.chunkLength }

    mutating func step() {
        let length = extractor.chunkLength
        var samples = [Float](repeating: 0, count: output.count * length)
        extractor.process(
            Self.samples(mixture, from: chunk * length + extractor.latency, count: length), &samples)
        for ear in output.indices { output[ear] += samples[ear * length..<(ear + 1) * length] }
        chunk += 1
    }

    private static func samples(_ mixture: [[Float]], from start: Int, count: Int) -> [Float] {
        mixture.flatMap { channel in (start..<start + count).map { $0 < channel.count ? channel[$0] : 0 } }
    }
}
