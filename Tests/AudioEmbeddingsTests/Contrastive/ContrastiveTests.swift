import AudioDSP
import AudioMetrics
import Foundation
import ModelLibrary
import NeuralCore
import Synchronization
import TestSupport
import TextEncoding
import Testing

@testable import AudioEmbeddings
@testable import Training

@Suite struct ContrastiveTests {
    private let folder: URL

    /// Clips of tones of four pitches, each called by its name.
    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("contrastive-\(UUID().uuidString)")
        for name in ["music", "valid"] {
            try FileManager.default.createDirectory(at: folder.appendingPathComponent(name), withIntermediateDirectories: true)
            let lines = try (0..<8).map { index -> String in
                let word = ["low", "middle", "high", "shrill"][index % 4], frequency = [150, 500, 1500, 3500][index % 4] + 7 * index
                let samples = (0..<16_000).map { 0.3 * sinf(2 * .pi * Float(frequency) * Float($0) / 16_000) }
                try AudioFile.write(AudioBuffer(channels: [samples], sampleRate: 16_000), to: path("\(name)/\(index).wav"))
                return #"{"file": "\#(index).wav", "caption": "a \#(word) tone", "instrument": "\#(word) whistle", "tune": "\#(index)"}"#
            }
            try Data(lines.joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: path("\(name)/clips.jsonl")))
        }
    }

    private func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    private func configuration(steps: Int, rate: Float = 3e-3) throws -> String {
        let file = path("config-\(steps).json")
        try Data("""
            {"model": {"bands": 24, "width": 16, "hiddenWidth": 24, "fastBlocks": 1, "slowBlocks": 1, "seconds": 1, "dimension": 8,
                       "text": {"vocabulary": 128, "width": 16, "feedForwardWidth": 24, "layers": 1, "heads": 2}},
             "excerpts": {"seconds": 0.6, "mask": 3},
             "optimization": {"steps": \(steps), "batchSize": 8, "learningRate": \(rate), "warmUpSteps": 2, "averageDecay": 0.9},
             "validation": {"every": 4}, "checkpoints": {"steps": 3}}
            """.utf8).write(to: URL(fileURLWithPath: file))
        return file
    }

    private final class Stop: Sendable {
        let isWanted = Atomic(false)
    }

    @discardableResult
    private func train(_ name: String, _ configuration: String?, resume: Bool = false, stopAfter: Int? = nil) throws -> TrainingOutcome {
        var run = TrainingRun(output: path(name))
        (run.configuration, run.resume) = (configuration, resume)
        let stop = Stop()
        run.limits = TrainingLimits { stop.isWanted.load(ordering: .relaxed) }
        return try ContrastiveTraining.execute(run, music: path("music"), validationMusic: path("valid")) { event in
            if case .step(let progress) = event, progress.step == stopAfter { stop.isWanted.store(true, ordering: .relaxed) }
        }
    }

    @Test func resumesBitForBit() throws {
        let configuration = try configuration(steps: 8)
        #expect(try train("whole", configuration) == .finished(step: 8))
        #expect(try train("parts", configuration, stopAfter: 5) == .interrupted(step: 5))
        #expect(try train("parts", nil, resume: true) == .finished(step: 8))
        for file in ["log.jsonl", "model.safetensors", "best.safetensors"] {
            #expect(try Data(contentsOf: URL(fileURLWithPath: path("whole/\(file)"))) == Data(contentsOf: URL(fileURLWithPath: path("parts/\(file)"))), "\(file)")
        }
    }

    /// Learns which name belongs to which tone; the encoder of the file tells them apart, and knows texts of any kind.
    @Test func learnsAndServes() throws {
        try train("run", configuration(steps: 120, rate: 1e-2))
        let entries = try String(contentsOfFile: path("run/log.jsonl"), encoding: .utf8).split(separator: "\n").map { try JSONValue(parsing: String($0)) }
        let reports = entries.map(\.["validation"]).filter { !$0.isNull }
        #expect(try #require(reports.last?["accuracy"].double) > 0.9, "\(reports.map(\.text))")

        let file = try ModelFile(path: path("run/best.safetensors"))
        #expect(file.kind == "audio-text-encoder" && file.isFallback)
        let encoder = try #require(try EncoderLibrary.encoder(file) as? ContrastiveEncoder)
        let low = try encoder.embeddings(ofSignal: (0..<16_000).map { 0.3 * sinf(2 * .pi * 160 * Float($0) / 16_000) })
        #expect(low.shape == [1, 8] && abs(square(low).sum().item - 1) < 1e-4)
        func cosine(_ text: String) throws -> Float {
            zip(low.values, try encoder.embedding(ofText: text)).reduce(0) { $0 + $1.0 * $1.1 }
        }
        #expect(try cosine("a low tone") > cosine("a shrill tone") + 0.2)
        for text in ["", "中文", String(repeating: "word ", count: 3000), "LOW TONE!"] {
            #expect(try encoder.embedding(ofText: text).allSatisfy(\.isFinite))
        }
        // By a fixed rule: windows one after the other, the last at the end, short sounds repeated.
        let noise = (0..<40_000).map { sinf(Float($0 * $0 % 997)) * 0.1 }
        let whole = try encoder.embeddings(ofSignal: noise)
        #expect(whole.shape == [3, 8])
        expectClose(
            whole.sliced(axis: 0, 2..<3), try encoder.embeddings(ofSignal: Array(noise.suffix(16_000))), relativeToPeak: 1e-6, "last window")
        #expect(try encoder.embeddings(ofSignal: [0.5]).shape == [1, 8])
        let summary = encoder.summary(of: try EmbeddingSet(whole))
        #expect(abs(summary.reduce(0) { $0 + $1 * $1 } - 1) < 1e-9)

        // What is installed by others is preferred.
        let store = path("store")
        try FileManager.default.createDirectory(atPath: store, withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: file.path, toPath: store + "/a-captions.safetensors")
        let shelf = ModelStore(executable: path("none"), environment: ["AUDIOTOOL_MODELS": store])
        #expect(try EncoderLibrary.textEncoder(nil, in: shelf).name == "a-captions")
        try FileManager.default.copyItem(atPath: file.path, toPath: store + "/b.safetensors")
        let tensors = RenamedTensors(file.file) { $0.hasPrefix("tokenizer/") ? nil : $0 }
        var metadata = file.file.metadata
        metadata["config"] = metadata["config"]?.replacingOccurrences(of: "\"fallback\":true", with: "\"fallback\":false")
        try SafeTensorsFile.write(
            tensors, files: [("tokenizer/tokenizer.json", try file.file.bytes("tokenizer/tokenizer.json"))], metadata: metadata,
            to: store + "/z.safetensors")
        #expect(try EncoderLibrary.textEncoder(nil, in: shelf).name == "z")
    }

    /// Pairs that are true as well are no counter-examples; gradients by finite differences.
    @Test func lossAndItsGradients() {
        var rng = Philox(seed: 3)
        let audio = Tensor.gaussian([4, 5], using: &rng), text = Tensor.gaussian([4, 5], using: &rng), scale = Tensor([0.3], shape: [1])
        var truths = (0..<16).map { $0 / 4 == $0 % 4 }
        checkGradients(at: [audio, text, scale], "contrastive loss") { ContrastiveTask.loss($0[0], $0[1], scale: $0[2], alsoTrue: truths) }
        // A caption twice in a batch: counted as wrong it makes the loss larger.
        let same = Tensor.concatenated([text.sliced(axis: 0, 0..<1), text.sliced(axis: 0, 0..<1), text.sliced(axis: 0, 2..<4)], axis: 0)
        let counted = ContrastiveTask.loss(audio, same, scale: scale, alsoTrue: truths).item
        (truths[1], truths[4]) = (true, true)
        #expect(ContrastiveTask.loss(audio, same, scale: scale, alsoTrue: truths).item < counted)
        // By hand for two: the logarithm of 1 + e^-s both ways.
        let two = Tensor([1, 0, 0, 1], shape: [2, 2])
        #expect(abs(ContrastiveTask.loss(two, two, scale: Tensor([0], shape: [1]), alsoTrue: [true, false, false, true]).item - log(1 + expf(-1))) < 1e-6)
    }

    @Test func embeddingsOfTextsDoNotDependOnPadding() {
        var rng = Philox(seed: 5), configuration = ContrastiveConfiguration()
        (configuration.width, configuration.hiddenWidth, configuration.bands) = (8, 8, 16)
        let network = ContrastiveNetwork(configuration, using: &rng)
        let together = network.embeddings(ofPieces: [[5, 6, 1], [9, 1], [3, 4, 5, 6, 7, 8, 1]])
        expectClose(together.sliced(axis: 0, 1..<2), network.embeddings(ofPieces: [[9, 1]]), relativeToPeak: 2e-6, "alone")
        let features = Tensor.gaussian([2, 40, 16], using: &rng)
        expectClose(
            network.embeddings(ofFeatures: features).sliced(axis: 0, 1..<2),
            network.embeddings(ofFeatures: features.sliced(axis: 0, 1..<2)), relativeToPeak: 2e-6, "recording alone")
    }

    @Test func settingsAndFilesThatCannotBe() throws {
        func message(_ json: String) throws -> String {
            try Data(json.utf8).write(to: URL(fileURLWithPath: path("bad.json")))
            let error = #expect(throws: TrainingError.self) { try train("bad", path("bad.json")) }
            #expect(!FileManager.default.fileExists(atPath: path("bad")))
            return error?.localizedDescription ?? ""
        }
        #expect(try message(#"{"model": {"text": {"heads": 5}}}"#).contains("text.heads"))
        #expect(try message(#"{"model": {"bands": 0}}"#).contains("model.bands"))
        #expect(try message(#"{"excerpts": {"mask": 128}}"#).contains("excerpts.mask"))
        #expect(try message(#"{"optimization": {"batchSize": 1}}"#).contains("batchSize"))
        try FileManager.default.removeItem(atPath: path("music/clips.jsonl"))
        #expect(throws: TextEncodingError.noCaptions(path: path("music"))) { try train("bad", configuration(steps: 2)) }
        #expect(!FileManager.default.fileExists(atPath: path("bad")))
    }
}
