import AudioDSP
import Foundation
import ModelLibrary
import NeuralCore
import Synchronization
import TestSupport
import Testing

@testable import MusicRL
@testable import Training

@Suite struct CodecTrainingTests {
    private let folder: TokenFileTests.Folder

    /// Recordings of tones and their overtones, of two rates.
    init() throws {
        folder = try TokenFileTests.Folder()
        try FileManager.default.createDirectory(atPath: folder["music"], withIntermediateDirectories: true)
        for (index, frequency) in [220, 262, 330, 392, 440].enumerated() {
            let rate = index % 2 == 0 ? 24_000 : 32_000
            let samples = (0..<2 * rate).map { sample -> Float in
                let time = Float(sample) / Float(rate), phase = 2 * Float.pi * Float(frequency) * time
                return 0.2 * expf(-3 * time.truncatingRemainder(dividingBy: 0.5)) * (sinf(phase) + 0.5 * sinf(2 * phase))
            }
            try AudioFile.write(AudioBuffer(channels: [samples], sampleRate: rate), to: folder["music/\(index).wav"])
        }
    }

    private func configuration(steps: Int, rate: Float = 3e-3, validation: Int = 4) throws -> String {
        let path = folder["config-\(steps).json"]
        try Data("""
            {"model": {"width": 24, "hiddenWidth": 32, "bins": 32, "dimension": 8, "codebooks": 2, "kernel": 3,
                       "encoderBlocks": {"spectra": 1, "codes": 0}, "decoderBlocks": {"spectra": 1, "codes": 1}},
             "excerpts": {"seconds": 0.2}, "quantizer": {"resetInterval": 2, "usageThreshold": 0.1},
             "optimization": {"steps": \(steps), "batchSize": 4, "shards": 2, "learningRate": \(rate), "warmUpSteps": 2, "averageDecay": 0.9},
             "validation": {"every": \(validation), "excerpts": 3, "seconds": 0.4, "heldOut": 0.3}, "checkpoints": {"steps": 3}}
            """.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    private final class Stop: Sendable {
        let isWanted = Atomic(false)
    }

    @discardableResult
    private func train(_ name: String, _ configuration: String?, resume: Bool = false, stopAfter: Int? = nil) throws -> TrainingOutcome {
        var run = TrainingRun(output: folder[name])
        (run.configuration, run.resume) = (configuration, resume)
        let stop = Stop()
        run.limits = TrainingLimits { stop.isWanted.load(ordering: .relaxed) }
        return try CodecTraining.execute(run, music: folder["music"], validationMusic: nil) { event in
            if case .step(let progress) = event, progress.step == stopAfter { stop.isWanted.store(true, ordering: .relaxed) }
        }
    }

    private func bytes(_ file: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: folder[file])) }

    /// An interrupted and resumed run leaves the bytes of an unbroken one, codebook resets included.
    @Test func resumesBitForBit() throws {
        let configuration = try configuration(steps: 9)
        #expect(try train("whole", configuration) == .finished(step: 9))
        #expect(try train("parts", configuration, stopAfter: 5) == .interrupted(step: 5))
        #expect(try train("parts", nil, resume: true) == .finished(step: 9))
        for file in ["log.jsonl", "model.safetensors", "best.safetensors"] {
            #expect(try bytes("whole/\(file)") == bytes("parts/\(file)"), "\(file)")
        }
        let log = String(decoding: try bytes("whole/log.jsonl"), as: UTF8.self)
        #expect(log.split(separator: "\n").count == 9 + 3 && log.contains("melDistance"))

        let model = try ModelFile(path: folder["whole/best.safetensors"]), codec = try model.audioCodec()
        #expect(model.kind == "audio-codec" && model.sampleRate == 24_000 && model.licence == "Apache-2.0")
        #expect(codec.codebooks == 2 && codec.bins == 32 && codec.frameRate == 50 && codec.bitRate == 500)
        #expect(try codec.decode(codec.encode([SpectralCodecTests.noise(3000)]))[0].count == 7 * 480)
    }

    /// A short run brings round trips far nearer to what went in.
    @Test func learns() throws {
        try train("run", configuration(steps: 150, rate: 1e-2, validation: 1))
        let entries = try String(decoding: bytes("run/log.jsonl"), as: UTF8.self).split(separator: "\n").map { try JSONValue(parsing: String($0)) }
        let losses = entries.compactMap(\.["loss"].double), distances = entries.compactMap(\.["validation"]["melDistance"].double)
        let late = losses.suffix(20).reduce(0, +) / 20
        #expect(late < 0.5 * losses[0], "\(losses[0]) to \(late)")
        #expect(distances.last! < 0.6 * distances[0], "\(distances[0]) to \(distances.last!)")
        let entropies = try #require(entries.last?["validation"]["entropies"].doubles)
        #expect(entropies.count == 2 && entropies[0] > 1)
    }

    @Test func settingsThatCannotBe() throws {
        func message(_ json: String) throws -> String {
            try Data(json.utf8).write(to: URL(fileURLWithPath: folder["bad.json"]))
            let error = #expect(throws: TrainingError.self) { try train("bad", folder["bad.json"]) }
            #expect(!FileManager.default.fileExists(atPath: folder["bad"]))
            return error?.localizedDescription ?? ""
        }
        #expect(try message(#"{"model": {"kernel": 4}}"#).contains("model.kernel"))
        #expect(try message(#"{"model": {"kernels": 4}}"#).contains("kernels"))
        #expect(try message(#"{"excerpts": {"seconds": 0}}"#).contains("excerpts.seconds"))
        #expect(try message(#"{"excerpts": {"level": [0, -20]}}"#).contains("excerpts.level"))
        #expect(try message(#"{"quantizer": {"usageMemory": 1}}"#).contains("quantizer.usageMemory"))
        #expect(try message(#"{"validation": {"excerpts": 0}}"#).contains("validation.excerpts"))
        #expect(try message(#"{"model": {"sampleRate": 8000}, "excerpts": {"seconds": 0.2}}"#).contains("2048"))
    }

    @Test func entropies() {
        #expect(CodecReport.entropy(of: [3, 3, 3], bins: 8) == 0)
        #expect(CodecReport.entropy(of: [0, 1, 2, 3], bins: 8) == 2)
        #expect(CodecReport.entropy(of: [], bins: 8) == 0)
    }
}
