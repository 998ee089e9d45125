import AudioDSP
import Foundation
import ModelLibrary
import NeuralCore
import Synchronization
import TestSupport
import TextEncoding
import Testing

@testable import MusicRL
@testable import Training

@Suite struct MusicTrainingTests {
    private let folder: TokenFileTests.Folder

    /// Clips of a low and of a high tone, called so, and a codec with drawn weights.
    init() throws {
        folder = try TokenFileTests.Folder()
        for name in ["music", "valid"] {
            try FileManager.default.createDirectory(atPath: folder[name], withIntermediateDirectories: true)
            let lines = try (0..<6).map { index -> String in
                let isHigh = index % 2 == 1, rate = index < 2 ? 24_000 : 16_000
                let frequency: Float = (isHigh ? 1800 : 200) * (1 + 0.05 * Float(index))
                let samples = (0..<(rate * 6 / 10)).map { 0.3 * sinf(2 * .pi * frequency * Float($0) / Float(rate)) }
                try AudioFile.write(AudioBuffer(channels: [samples], sampleRate: rate), to: folder["\(name)/\(index).wav"])
                let facts = #""instrument": "\#(isHigh ? "piccolo" : "tuba")", "bpm": \#(60 + index), "tune": "\#(index)""#
                return #"{"file": "\#(index).wav", "caption": "a \#(isHigh ? "high" : "low") tone", \#(facts)}"#
            }
            try Data(lines.joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: folder["\(name)/clips.jsonl"]))
        }
    }

    private func configuration(steps: Int, _ more: String = "", rate: Float = 3e-3) throws -> String {
        let path = folder["config-\(steps).json"]
        try Data("""
            {"model": {"width": 32, "feedForwardWidth": 64, "layers": 2, "heads": 2,
                       "text": {"vocabulary": 128, "width": 16, "feedForwardWidth": 32, "layers": 1, "heads": 2}},
             "excerpts": {"seconds": 0.4}\(more),
             "optimization": {"steps": \(steps), "batchSize": 4, "shards": 2, "learningRate": \(rate), "warmUpSteps": 2, "averageDecay": 0.9},
             "validation": {"every": 4, "clips": 4, "heldOut": 0.3}, "checkpoints": {"steps": 3}}
            """.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    private final class Stop: Sendable {
        let isWanted = Atomic(false)
    }

    @discardableResult
    private func train(
        _ name: String, _ configuration: String?, resume: Bool = false, stopAfter: Int? = nil, codec: ModelFile? = nil, from initial: String? = nil
    ) throws -> TrainingOutcome {
        var run = TrainingRun(output: folder[name])
        (run.configuration, run.resume, run.initialModel) = (configuration, resume, initial)
        let stop = Stop()
        run.limits = TrainingLimits { stop.isWanted.load(ordering: .relaxed) }
        let given = try codec ?? (resume ? nil : TokenFileTests.model(in: folder))
        return try MusicTraining.execute(run, music: folder["music"], validationMusic: folder["valid"], codec: given) { event in
            if case .step(let progress) = event, progress.step == stopAfter { stop.isWanted.store(true, ordering: .relaxed) }
        }
    }

    private func bytes(_ file: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: folder[file])) }

    /// An interrupted and resumed run leaves the bytes of an unbroken one, on any number of threads and whatever becomes of
    /// the codec; its model makes music.
    @Test func resumesBitForBitAndGenerates() throws {
        let configuration = try configuration(steps: 9)
        #expect(try train("whole", configuration) == .finished(step: 9))
        #expect(try train("parts", configuration, stopAfter: 5) == .interrupted(step: 5))
        try FileManager.default.removeItem(atPath: folder["codec-4.safetensors"])
        let threads = ComputeThreads.count
        ComputeThreads.count = 1
        #expect(try train("parts", nil, resume: true) == .finished(step: 9))
        ComputeThreads.count = threads
        for file in ["log.jsonl", "model.safetensors", "best.safetensors", "codes.safetensors", "tokenizer.json"] {
            #expect(try bytes("whole/\(file)") == bytes("parts/\(file)"), "\(file)")
        }
        #expect(throws: MusicGenerationError.otherCodec(path: folder["codec-5.safetensors"], run: folder["parts"])) {
            try train("parts", nil, resume: true, codec: TokenFileTests.model(in: folder, seed: 5))
        }

        let file = try ModelFile(path: folder["whole/best.safetensors"])
        let model = try MusicModel(file)
        try model.check()
        #expect(try file.file.dtype("decoder.lm_heads.0.weight") == .bfloat16 && file.file.dtype("audio_encoder.quantizer.codebooks.0") == .float32)
        #expect(model.windowSeconds == 0.4 && model.sampleRate == 24_000 && file.licence == "Apache-2.0")
        let sound = try MusicGenerator(model: model).generate(MusicRequest(prompt: "a high tone", seconds: 0.7, seeds: [1, 2]))
        #expect(sound.count == 2 && sound[0].frameCount == 16_800 && sound[0].channels[0].allSatisfy(\.isFinite))
        // Other words, other letters and no words at all.
        for prompt in ["QUUX 9!", "中文", ""] {
            #expect(try MusicGenerator(model: model).generate(MusicRequest(prompt: prompt, seconds: 0.1, seeds: [1]))[0].frameCount == 2400)
        }
        // The whole model may start another run.
        #expect(try train("next", configuration, from: folder["whole/best.safetensors"]) == .finished(step: 9))
    }

    /// What is learned: codes become probable, and more so with the right caption.
    @Test func learnsWhatCaptionsSay() throws {
        try train("run", configuration(
            steps: 150, #", "captions": {"varied": 0.3, "dropped": 0.1}, "loss": {"dropout": 0.02, "codebookDecay": 0.9}"#, rate: 1e-2))
        let entries = try String(decoding: bytes("run/log.jsonl"), as: UTF8.self).split(separator: "\n").map { try JSONValue(parsing: String($0)) }
        let reports = entries.map(\.["validation"]).filter { !$0.isNull }
        let first = try #require(reports.first?["nats"].doubles), last = try #require(reports.last?["nats"].doubles)
        #expect(last.count == 3 && last[0] < 0.6 * first[0], "\(first) to \(last)")
        // Later the sound so far says the same as its caption.
        let gains = reports.compactMap { $0["captionGain"].double }
        #expect(try #require(gains.max()) > 0.015, "\(gains)")
    }

    @Test func whatCannotBeTrainedOn() throws {
        func message(_ change: () throws -> Void, settings: String = "") throws -> String {
            try change()
            let configuration = try configuration(steps: 2, settings)
            do {
                try train("bad", configuration)
            } catch {
                #expect(!FileManager.default.fileExists(atPath: folder["bad"]))
                return error.localizedDescription
            }
            Issue.record("nothing was refused")
            return ""
        }
        #expect(try message({}, settings: #", "captions": {"varied": 2}"#).contains("captions.varied"))
        #expect(try message({}, settings: #", "loss": {"dropout": 1}"#).contains("loss.dropout"))
        #expect(try message({}, settings: #", "loss": {"codebookDecay": 0}"#).contains("loss.codebookDecay"))
        let tooShort = try message({
            try AudioFile.write(AudioBuffer(channels: [[Float](repeating: 0.1, count: 1000)], sampleRate: 16_000), to: folder["music/3.wav"])
        })
        #expect(tooShort.contains("3.wav") && tooShort.contains("excerpts.seconds"))
        #expect(try message { try FileManager.default.removeItem(atPath: folder["music/3.wav"]) }.contains("line 4"))
        #expect(try message { try FileManager.default.removeItem(atPath: folder["music/clips.jsonl"]) }.contains("clips.jsonl"))
    }

    /// Dropout leaves expectations and zeroes nothing where its rate is 0.
    @Test func dropoutNoise() {
        var none = DropoutNoise.none, some = DropoutNoise(rate: 0.5, using: Philox(seed: 1))
        let ones = Tensor.ones([1000])
        #expect(none(ones) == ones)
        let first = some(ones), second = some(ones)
        #expect(first != second && first.values.allSatisfy { $0 == 0 || $0 == 2 } && abs(first.mean().item - 1) < 0.15)
    }
}
