import Foundation
import NeuralCore
import TestSupport
import Testing

@testable import TargetSpeech
@testable import Training

@Suite struct SpeakerTrainingTests {
    private let folder = TemporaryFolder()

    init() throws { try Material.write(to: folder.path, talkers: 4, utterances: 2, seconds: 2) }

    private static let teacher = {
        var configuration = SpeakerNetwork.Configuration(), rng = Philox(seed: 2)
        (configuration.hiddenSize, configuration.layerCount, configuration.embeddingSize) = (8, 1, 24)
        return SpeakerNetwork(configuration, using: &rng)
    }()

    private func train(_ name: String, steps: Int, resume: Bool = false, stopAfter: Int? = nil) throws -> TrainingOutcome {
        let config = folder.path + "/speaker.json"
        try Data(
            """
            {"model": {"hiddenSize": 7, "layerCount": 1, "embeddingSize": 24},
             "optimization": {"steps": \(steps), "batchSize": 4, "shards": 2, "warmUpSteps": 1, "learningRate": 0.01},
             "validation": {"every": 3, "utterances": 6, "heldOut": 0.5}, "checkpoints": {"steps": 2}}
            """.utf8
        ).write(to: URL(fileURLWithPath: config))
        var run = TrainingRun(output: folder.path + "/" + name)
        (run.configuration, run.resume) = (config, resume)
        let stop = Flag()
        run.limits = TrainingLimits { stop.isRaised }
        return try SpeakerTraining.execute(
            run, speech: folder.path + "/speech", validationSpeech: nil, teacher: { try SpeakerEncoder(Self.teacher) },
            report: { if case .step(let progress) = $0, progress.step == stopAfter { stop.raise() } })
    }

    private func log(_ name: String) throws -> String {
        try String(contentsOfFile: folder.path + "/\(name)/log.jsonl", encoding: .utf8)
    }

    @Test func anInterruptedRunGoesOnAsAnUnbrokenOne() throws {
        #expect(try train("whole", steps: 6) == .finished(step: 6))
        #expect(try train("parts", steps: 6, stopAfter: 3) == .interrupted(step: 3))
        #expect(try train("parts", steps: 6, resume: true) == .finished(step: 6))
        #expect(try log("whole") == log("parts"))
        let encoder = try SpeakerEncoder(weights: SafeTensorsFile(path: folder.path + "/parts/model.safetensors"))
        #expect(encoder.size == 24)
    }

    @Test func theStudentComesNearer() throws {
        _ = try train("long", steps: 60)
        let lines = try log("long").split(separator: "\n")
        let cosines = try lines.compactMap { line -> Double? in
            let entry = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            return (entry?["validation"] as? [String: Any])?["cosine"] as? Double
        }
        #expect(cosines.count == 20 && cosines[19] > cosines[0] + 0.1, "\(cosines)")
    }

    @Test func errorRates() {
        let apart: [[Float]] = [[1, 0], [1, 0], [0, 1], [0, 1]]
        #expect(EqualErrorRate.of(apart, talkers: [0, 0, 1, 1]) == 0)
        #expect(EqualErrorRate.of(apart, talkers: [0, 1, 0, 1])! >= 0.5)
        #expect(EqualErrorRate.of(apart, talkers: [0, 0, 0, 0]) == nil && EqualErrorRate.of(apart, talkers: [0, 1, 2, 3]) == nil)
    }

    @Test func teachersOfAnotherSizeAreRefused() throws {
        let run = TrainingRun(output: folder.path + "/other")
        #expect(throws: TargetSpeechError.embeddingSize(found: 24, expected: 256)) {
            try SpeakerTraining.execute(
                run, speech: folder.path + "/speech", validationSpeech: nil, teacher: { try SpeakerEncoder(Self.teacher) }) { _ in }
        }
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/other"))
    }
}
