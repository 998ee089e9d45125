import Foundation
import ModelLibrary
import NeuralCore
import TestSupport
import Testing

@testable import TargetSpeech

@Suite struct BandSplitExtractorTests {
    private func tensor(_ mixture: [[Float]]) -> Tensor { Tensor(mixture.flatMap { $0 }, shape: [1, 2, mixture[0].count]) }

    private func rows(_ voice: [Float]) -> Tensor { Tensor(voice, shape: [1, voice.count]) }

    /// A fresh network's masks are small; without them the mixture passes.
    @Test func withoutItsMasksItIsTheIdentity() {
        let configuration = BandSplitConfiguration.tiny, mixture = configuration.randomMixture(333)
        var rng = Philox(seed: 1)
        var network = BandSplitExtractor(configuration, using: &rng)
        network.masks.weight = .zeros(network.masks.weight.shape)
        let output = network(tensor(mixture), embedding: rows(configuration.randomVoice()))
        #expect(output.shape == [1, 2, 333])
        for ear in 0..<2 { expectClose(output.rows(0)[ear], mixture[ear], absolute: 1e-5, "ear \(ear)") }
    }

    @Test(arguments: [BandSplitConfiguration.tiny, .make { ($0.blocks, $0.embeddingSize) = (1, 4) }])
    func theStreamIsTheNetwork(_ configuration: BandSplitConfiguration) throws {
        let network = configuration.randomNetwork(), stream = StreamingBandSplitExtractor(network)
        let mixture = configuration.randomMixture(9 * configuration.chunkLength + 7), voice = configuration.randomVoice()
        try stream.prepare()
        try stream.setVoice(voice)
        let whole = network(tensor(mixture), embedding: rows(voice)).rows(0)
        #expect(zip(whole[0], mixture[0]).contains { abs($0 - $1) > 0.01 })
        for (ear, samples) in stream.extract(mixture).enumerated() { expectClose(samples, whole[ear], absolute: 2e-5, "ear \(ear)") }
        #expect(stream.extract(mixture) == stream.extract(mixture), "the same again")
    }

    @Test func theVoiceDecides() {
        let configuration = BandSplitConfiguration.tiny, network = configuration.randomNetwork()
        let mixture = tensor(configuration.randomMixture(400))
        let one = network(mixture, embedding: rows(configuration.randomVoice(seed: 1))).values
        let other = network(mixture, embedding: rows(configuration.randomVoice(seed: 2))).values
        #expect(zip(one, other).contains { abs($0 - $1) > 1e-3 })
    }

    /// A batch is its items one by one.
    @Test func itemsAreApart() {
        let configuration = BandSplitConfiguration.tiny, network = configuration.randomNetwork()
        let mixtures = (0..<3).map { configuration.randomMixture(200, seed: 10 + $0) }
        let voices = (0..<3).map { configuration.randomVoice(seed: 20 + $0) }
        let batch = network(
            Tensor(mixtures.flatMap { $0.flatMap { $0 } }, shape: [3, 2, 200]), embedding: Tensor(voices.flatMap { $0 }, shape: [3, 12]))
        for item in 0..<3 {
            let alone = network(tensor(mixtures[item]), embedding: rows(voices[item])).rows(0)
            for ear in 0..<2 { expectClose(batch.rows(item)[ear], alone[ear], absolute: 1e-6) }
        }
    }

    @Test func levelsAreKept() {
        let configuration = BandSplitConfiguration.tiny, network = configuration.randomNetwork()
        let mixture = configuration.randomMixture(400), voice = rows(configuration.randomVoice())
        let loud = network(tensor(mixture), embedding: voice) * 0.1
        let quiet = network(tensor(mixture.map { $0.map { 0.1 * $0 } }), embedding: voice)
        expectClose(quiet.values, loud.values, absolute: 1e-5)
    }

    @Test func nothingIsHeardBeforeItHappens() throws {
        let configuration = BandSplitConfiguration.tiny, network = configuration.randomNetwork()
        let stream = StreamingBandSplitExtractor(network), chunk = configuration.chunkLength
        try stream.setVoice(configuration.randomVoice())
        var mixture = configuration.randomMixture(8 * chunk)
        let before = stream.extract(mixture)
        mixture[1][5 * chunk + 3] += 1
        let after = stream.extract(mixture)
        #expect(before.map { $0.prefix(4 * chunk) } == after.map { $0.prefix(4 * chunk) } && before != after)
    }

    @Test func gradients() {
        var configuration = BandSplitConfiguration.tiny
        (configuration.chunkLength, configuration.channels, configuration.hidden) = (16, 4, 3)
        let network = configuration.randomNetwork(), mixture = tensor(configuration.randomMixture(80))
        let voice = rows(configuration.randomVoice())
        let names = network.namedParameters()
        // Some of these are so small that the rounding of the differences shows.
        checkGradients(at: names.map(\.1), step: 3e-2, tolerance: 0.06, samples: 8) { values in
            var moved = network
            var assignment = Assignment(values: values)
            try! moved.visitParameters(&assignment)
            return moved(mixture, embedding: voice) * 10
        }
    }

    @Test func badVoicesAreRefused() throws {
        let stream = StreamingBandSplitExtractor(BandSplitConfiguration.tiny.randomNetwork())
        #expect(throws: TargetSpeechError.embeddingSize(found: 3, expected: 12)) { try stream.setVoice([1, 2, 3]) }
        #expect(throws: TargetSpeechError.embeddingNotFinite) { try stream.setVoice([Float](repeating: .nan, count: 12)) }
        var output = [Float](repeating: 1, count: 64)
        stream.process([Float](repeating: 0.5, count: 64), &output)
        #expect(output.allSatisfy { $0 == 0 }, "silent before a voice is set")
    }

    @Test func numbersThatAreNoneBecomeSilence() throws {
        let configuration = BandSplitConfiguration.tiny, stream = StreamingBandSplitExtractor(configuration.randomNetwork())
        try stream.setVoice(configuration.randomVoice())
        var mixture = configuration.randomMixture(10 * configuration.chunkLength)
        mixture[0][50] = .nan
        mixture[1][51] = .infinity
        #expect(stream.extract(mixture).allSatisfy { $0.allSatisfy(\.isFinite) } && stream.replacedSampleCount == 2)
        _ = stream.extract(mixture.map { $0.map { _ in Float(3e38) } })
        #expect(stream.overflowCount > 0)
        #expect(stream.extract(configuration.randomMixture(100)).allSatisfy { $0.allSatisfy(\.isFinite) })
    }

    @Test func itIsKeptInAFile() throws {
        let folder = TemporaryFolder(), path = folder.path + "/light.safetensors", configuration = BandSplitConfiguration.tiny
        try configuration.randomNetwork().write(to: path, name: "light")
        let file = try ModelFile(path: path)
        let network = try extractorNetwork(file)
        #expect(network is BandSplitExtractor)
        #expect(file.kind == ModelFile.Kind.extractor.rawValue)
        let stored = try BandSplitExtractor(file).namedParameters()
        #expect(stored.reduce(0) { $0 + $1.1.count } == configuration.parameterCount)
        #expect(try StreamingModel(file).processor().chunkLength == 32)
    }

    @Test(arguments: [("chunkLength", 3), ("channels", 0), ("blocks", 1_000), ("voiceWidth", 0)])
    func impossibleSizesAreRefused(_ setting: (String, Int)) {
        let configuration = BandSplitConfiguration.make {
            switch setting.0 {
            case "chunkLength": $0.chunkLength = setting.1
            case "channels": $0.channels = setting.1
            case "blocks": $0.blocks = setting.1
            default: $0.voiceWidth = setting.1
            }
        }
        #expect(throws: TargetSpeechError.self) { try configuration.validate() }
    }
}

/// Puts values in the place of parameters, in order.
private struct Assignment: ParameterVisitor {
    var path = ""
    var values: [Tensor]
    private var index = 0

    init(values: [Tensor]) { self.values = values }

    mutating func visit(_ name: String, _ parameter: inout Tensor) {
        parameter = values[index]
        index += 1
    }

    mutating func visitBuffer(_ name: String, _ buffer: inout Tensor) {}
}
