import AudioDSP
import Dispatch
import NeuralCore
import TestSupport
import Testing

@testable import TargetSpeech

@Suite struct StreamingExtractorTests {
    static let shapes: [ExtractorConfiguration] = [
        .tiny,
        .make { ($0.microphones, $0.outputs, $0.width, $0.hidden, $0.embeddingSize) = (1, 1, 20, 18, 0) },
        .make {
            ($0.microphones, $0.outputs, $0.chunkLength, $0.lookahead) = (1, 2, 256, 256)
            ($0.width, $0.hidden, $0.blocks, $0.heads, $0.embeddingSize) = (32, 32, 2, 2, 64)
        },
        .make { ($0.chunkLength, $0.lookahead, $0.blocks, $0.width) = (64, 0, 1, 16) },
    ]

    @Test(arguments: shapes)
    func lateByTheLookAheadAndFinite(_ configuration: ExtractorConfiguration) throws {
        let extractor = try configuration.extractor()
        #expect(extractor.latency == configuration.lookahead)
        let mixture = configuration.randomMixture(6 * extractor.chunkLength + 5)
        let output = try extractor.extract(mixture)
        #expect(output.count == configuration.outputs)
        #expect(output.allSatisfy { $0.count == mixture[0].count && $0.allSatisfy { $0.isFinite } })
        #expect(output[0].contains { abs($0) > 1e-3 })
        #expect(try extractor.extract(mixture) == output, "the same again")
    }

    /// The differentiable network over the whole signal and the engine chunk by chunk are one function.
    @Test(arguments: shapes)
    func itIsTheNetwork(_ configuration: ExtractorConfiguration) throws {
        let network = configuration.randomNetwork(), extractor = try StreamingExtractor(network)
        let mixture = configuration.randomMixture(12 * configuration.chunkLength + 7)
        let voice = configuration.randomVoice()
        if configuration.isConditioned { try extractor.setVoice(voice) }
        let whole = network(
            Tensor(mixture.flatMap { $0 }, shape: [1, configuration.microphones, mixture[0].count]),
            embedding: configuration.embeddingSize > 0 ? Tensor(voice, shape: [1, voice.count]) : nil)
        for (ear, samples) in try extractor.extract(mixture).enumerated() {
            expectClose(samples, whole.rows(0)[ear], absolute: 2e-5, "ear \(ear)")
        }
    }

    @Test(arguments: shapes)
    func nothingIsHeardBeforeItHappens(_ configuration: ExtractorConfiguration) throws {
        let extractor = try configuration.extractor(), chunk = extractor.chunkLength
        var mixture = configuration.randomMixture(8 * chunk)
        let before = try extractor.extract(mixture)
        let changed = 5 * chunk + 1
        mixture[0][changed] += 1
        let after = try extractor.extract(mixture)
        let seenFrom = (changed - configuration.windowLength + chunk) / chunk * chunk
        #expect(before[0].prefix(seenFrom) == after[0].prefix(seenFrom))
        #expect(before[0][seenFrom..<seenFrom + chunk] != after[0][seenFrom..<seenFrom + chunk])
    }

    @Test(arguments: [1, 37, 128, 480, 512, 4_096])
    func blocksOfAnyLengthGiveTheSameBits(_ block: Int) throws {
        let configuration = ExtractorConfiguration.tiny
        let stream = ReblockedStream(try configuration.extractor())
        let mixture = configuration.randomMixture(9_000)
        func run(_ block: Int) -> [[Float]] {
            stream.reset()
            var output = [[Float]](repeating: [], count: 2)
            for start in stride(from: 0, to: 9_000, by: block) {
                let count = min(block, 9_000 - start)
                var samples = [Float](repeating: 0, count: 2 * count)
                stream.process(mixture.flatMap { $0[start..<start + count] }, &samples, frames: count)
                for ear in 0..<2 { output[ear] += samples[ear * count..<(ear + 1) * count] }
            }
            return output
        }
        #expect(stream.latency == configuration.lookahead + configuration.chunkLength - 1)
        #expect(run(block) == run(16))
    }

    @Test func withoutAVoiceItIsSilent() throws {
        let configuration = ExtractorConfiguration.tiny
        let extractor = try StreamingExtractor(configuration, weights: configuration.randomWeights())
        try extractor.prepare()
        let mixture = configuration.randomMixture(100)
        #expect(try extractor.extract(mixture).allSatisfy { $0.allSatisfy { $0 == 0 } })
        try extractor.setVoice(configuration.randomVoice())
        #expect(try extractor.extract(mixture)[0].contains { $0 != 0 })
    }

    @Test func samplesThatAreNotFiniteAreReplacedAndCounted() throws {
        let configuration = ExtractorConfiguration.tiny
        let extractor = try configuration.extractor()
        var mixture = configuration.randomMixture(200), cleared = mixture
        for (channel, index, value) in [(0, 30, Float.nan), (1, 31, .infinity), (1, 150, -.infinity)] {
            mixture[channel][index] = value
            cleared[channel][index] = 0
        }
        let output = try extractor.extract(mixture)
        #expect(extractor.replacedSampleCount == 3)
        #expect(try extractor.extract(cleared) == output)
        #expect(extractor.replacedSampleCount == 3)
    }

    @Test func overflowSilencesAChunkAndIsForgotten() throws {
        let configuration = ExtractorConfiguration.tiny
        let extractor = try configuration.extractor(), chunk = configuration.chunkLength
        let loud = [Float](repeating: 3e38, count: 2 * chunk), quiet = [Float](repeating: 0.01, count: 2 * chunk)
        var output = [Float](repeating: 1, count: 2 * chunk)
        extractor.process(loud, &output)
        #expect(extractor.overflowCount == 1)
        #expect(output.allSatisfy { $0 == 0 })
        for _ in 0..<4 { extractor.process(quiet, &output) }
        let after = extractor.overflowCount
        extractor.process(quiet, &output)
        #expect(extractor.overflowCount == after)
        #expect(output.allSatisfy { $0.isFinite })
        #expect(output.contains { $0 != 0 })
    }

    @Test func aVoiceMustFit() throws {
        let extractor = try ExtractorConfiguration.tiny.extractor()
        #expect(throws: TargetSpeechError.embeddingSize(found: 3, expected: 12)) { try extractor.setVoice([1, 2, 3]) }
        var voice = ExtractorConfiguration.tiny.randomVoice()
        voice[2] = .nan
        #expect(throws: TargetSpeechError.embeddingNotFinite) { try extractor.setVoice(voice) }
        let enhancer = try Self.shapes[1].extractor()
        #expect(throws: TargetSpeechError.embeddingSize(found: 12, expected: 0)) {
            try enhancer.setVoice(ExtractorConfiguration.tiny.randomVoice())
        }
    }

    @Test func weightsMustFit() throws {
        let configuration = ExtractorConfiguration.tiny
        let name = "tfgridnet.blocks.1.intra_rnn.weight_hh_l0"
        var weights = configuration.randomWeights()
        weights[name] = nil
        #expect(throws: TargetSpeechError.missingWeight(name: name)) {
            try StreamingExtractor(configuration, weights: weights)
        }
        weights[name] = Tensor([1], shape: [1])
        #expect(throws: TargetSpeechError.weightShape(name: name, found: [1], expected: [24, 6])) {
            try StreamingExtractor(configuration, weights: weights)
        }
        weights[name] = Tensor([Float](repeating: .nan, count: 144), shape: [24, 6])
        #expect(throws: TargetSpeechError.weightNotFinite(name: name)) {
            try StreamingExtractor(configuration, weights: weights)
        }
        let mixture = [[Float](repeating: 0, count: 9)]
        #expect(throws: TargetSpeechError.self) { try configuration.extractor().extract(mixture) }
    }

    /// Every chunk is computed with one of the two voices as a whole, whatever another thread does meanwhile.
    @Test func voicesChangeFromAnotherThread() throws {
        let configuration = ExtractorConfiguration.tiny
        let extractor = try configuration.extractor(), chunk = configuration.chunkLength
        let voices = [configuration.randomVoice(seed: 1), configuration.randomVoice(seed: 2)]
        let input = configuration.randomMixture(chunk).flatMap { $0 }
        func first() -> [Float] {
            extractor.reset()
            var output = [Float](repeating: 0, count: 2 * chunk)
            extractor.process(input, &output)
            return output
        }
        let expected = try voices.map { voice in
            try extractor.setVoice(voice)
            return first()
        }
        #expect(expected[0] != expected[1])
        let done = DispatchGroup()
        DispatchQueue.global().async(group: done) {
            for index in 0..<2_000 { try? extractor.setVoice(voices[index % 2]) }
        }
        var seen = [0, 0], others = 0
        repeat {
            let output = first()
            if let voice = expected.firstIndex(of: output) { seen[voice] += 1 } else { others += 1 }
        } while done.wait(timeout: .now()) == .timedOut
        #expect(others == 0)
        #expect(seen[0] + seen[1] > 0)
        done.wait()
        #expect(first() == expected[1], "the last one stays")
    }
}
