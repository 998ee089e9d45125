import Foundation
import NeuralCore
import TestSupport
import Testing

@testable import TargetSpeech
@testable import Training

@Suite struct SceneTrainingTests {
    private let folder = TemporaryFolder()
    /// Four numbers that tell pitches apart.
    private let teacher = VoiceTeacher { samples in
        let lags = [80, 100, 120, 140].map { lag in
            zip(samples, samples.dropFirst(lag)).reduce(Float(0)) { $0 + $1.0 * $1.1 }
        }
        let length = lags.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return lags.map { $0 / max(length, 1e-6) }
    }

    init() throws { try Material.write(to: folder.path, talkers: 5, utterances: 2, seconds: 1) }

    private var scenes: SceneSettings {
        var settings = SceneSettings()
        (settings.seconds, settings.enrollmentSeconds) = (0.5, 0.5)
        (settings.mostTalkers, settings.freeField, settings.absent) = (2, 1, 0.3)
        return settings
    }

    private func data(_ settings: SceneSettings, seed: UInt64) throws -> SceneTrainingData {
        let sources = try SceneSources(
            speech: folder.path + "/speech", noise: folder.path + "/noise", heads: [Material.kemarPath], settings: settings)
        return try SceneTrainingData(training: sources, validation: sources, settings: settings, seed: seed)
    }

    private func extractor(_ width: Int = 8) -> SceneTrainingConfiguration<ExtractorConfiguration> {
        var model = ExtractorConfiguration()
        (model.width, model.hidden, model.blocks, model.heads, model.attentionFrames) = (width, 8, 2, 2, 4)
        (model.approximateQuerySize, model.embeddingSize) = (97, 4)
        return configured(SceneTrainingConfiguration(model: model))
    }

    private func configured<Network>(_ configuration: SceneTrainingConfiguration<Network>) -> SceneTrainingConfiguration<Network> {
        var settings = configuration
        settings.scenes = scenes
        (settings.optimization.steps, settings.optimization.batchSize, settings.optimization.shards) = (6, 2, 2)
        (settings.optimization.warmUpSteps, settings.optimization.learningRate) = (1, 0.003)
        (settings.validation.every, settings.validation.scenes, settings.validation.absent) = (3, 3, 1)
        settings.checkpoints.steps = 2
        return settings
    }

    @discardableResult
    private func train(
        _ name: String, _ configuration: SceneTrainingConfiguration<ExtractorConfiguration>, resume: Bool = false, stopAfter: Int? = nil
    ) throws -> TrainingOutcome {
        var run = TrainingRun(output: folder.path + "/" + name)
        run.resume = resume
        let stop = Flag()
        run.limits = TrainingLimits { stop.isRaised }
        return try run.execute(
            defaults: configuration, network: { TFGridNetExtractor($0.model, using: &$1) },
            task: { settings in
                { _ in
                    try ExtractorTask<TFGridNetExtractor>(
                        settings.model, data: data(settings.scenes, seed: settings.seed), teacher: teacher, voices: .init(), validation: settings.validation)
                }
            }, report: { if case .step(let progress) = $0, progress.step == stopAfter { stop.raise() } })
    }

    private func bytes(_ file: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: folder.path + "/" + file)) }

    /// An interrupted and resumed run leaves the bytes of an unbroken one, and a model that loads.
    @Test func anExtractorTrainsBitForBit() throws {
        #expect(try train("whole", extractor()) == .finished(step: 6))
        #expect(try train("parts", extractor(), stopAfter: 3) == .interrupted(step: 3))
        #expect(try train("parts", extractor(), resume: true) == .finished(step: 6))
        for file in ["log.jsonl", "model.safetensors", "best.safetensors"] {
            #expect(try bytes("whole/\(file)") == bytes("parts/\(file)"), "\(file)")
        }
        let log = String(decoding: try bytes("whole/log.jsonl"), as: UTF8.self)
        #expect(log.contains("absentLevel") && !log.contains("skipped"))
        let file = try SafeTensorsFile(path: folder.path + "/whole/model.safetensors")
        #expect(file.metadata["kind"] == "target-speech-extractor" && file.metadata["training.step"] == "6")
        #expect(file.names.contains { $0.hasPrefix("tfgridnet.") })
    }

    /// The same batch again and again: the loss falls.
    @Test func theLossFalls() throws {
        let settings = extractor()
        let task = try ExtractorTask<TFGridNetExtractor>(
            settings.model, data: data(settings.scenes, seed: 3), teacher: teacher, voices: .init(), validation: settings.validation)
        let examples = try (0..<2).map(task.example)
        var random = Philox(seed: 1)
        var network = TFGridNetExtractor(settings.model, using: &random)
        var optimizer = AdamW(for: network, learningRate: 0.01)
        var losses: [Float] = []
        for _ in 0..<20 {
            let (loss, gradients) = try valueAndGradient(of: network) {
                try task.loss(of: $0, on: examples[...], items: 0..<2, random: random)
            }
            losses.append(loss.item)
            optimizer.update(&network, along: gradients, learningRate: 0.01)
        }
        #expect(losses.allSatisfy(\.isFinite) && losses[19] < losses[0] - 0.5, "\(losses)")
    }

    @Test func anEnrolmentNetworkLearnsTheVoice() throws {
        var model = EnrollmentConfiguration()
        (model.width, model.hidden, model.blocks, model.heads, model.embeddingSize) = (8, 8, 1, 2, 4)
        model.approximateQuerySize = 65
        let settings = configured(SceneTrainingConfiguration(model: model))
        let task = try EnrollmentTask<EnrollmentNetwork>(model, data: data(settings.scenes, seed: 3), teacher: teacher, voices: .init(), validation: settings.validation)
        let examples = try (0..<2).map(task.example)
        var random = Philox(seed: 1)
        var network = EnrollmentNetwork(model, using: &random)
        var optimizer = AdamW(for: network, learningRate: 0.01)
        var losses: [Float] = []
        for _ in 0..<15 {
            let (loss, gradients) = try valueAndGradient(of: network) {
                try task.loss(of: $0, on: examples[...], items: 0..<2, random: random)
            }
            losses.append(loss.item)
            optimizer.update(&network, along: gradients, learningRate: 0.01)
        }
        #expect(losses.allSatisfy(\.isFinite) && losses[14] < 0.7 * losses[0], "\(losses)")
        let report = try task.validate(network) {}
        #expect(report.scenes == 3 && (-1...1).contains(report.cosine))
    }

    /// The extractor's loss is refused where there is none, before the teacher is asked for.
    @Test func anEnrolmentHasNoLossToChoose() throws {
        var settings = configured(SceneTrainingConfiguration(model: MelEnrollmentConfiguration()))
        settings.loss.scaleInvariant = 1
        let folders = SceneTrainingFolders(speech: folder.path + "/speech", noise: folder.path + "/noise", heads: [Material.kemarPath])
        let error = try #require(throws: TrainingError.self) {
            try SceneTraining.enrollment(
                TrainingRun(output: folder.path + "/refused"), defaults: settings, on: folders, as: MelEnrollmentNetwork.self,
                teacher: { throw CancellationError() }, report: { _ in })
        }
        #expect(error.localizedDescription.contains("loss"))
    }

    @Test func channelsMustMatch() throws {
        var settings = extractor()
        settings.model.microphones = 1
        #expect(throws: TargetSpeechError.self) {
            try ExtractorTask<TFGridNetExtractor>(settings.model, data: data(scenes, seed: 1), teacher: teacher, voices: .init(), validation: settings.validation)
        }
    }

    /// -30 dB at best whatever the level; no target at all in the estimate is the worst; a silent target is the plain loss.
    @Test func theScaleInvariantLossIsLimited() {
        let target = Tensor([1, -1, 0.5, 0, 0, 0], shape: [2, 1, 3]), mixture = Tensor([1, 0, 1, 1, 2, -1], shape: [2, 1, 3])
        func loss(_ estimate: Tensor) -> [Float] { scaleInvariantRatioLoss(estimate, target: target, mixture: mixture).values }
        expectClose(loss(target * 0.1), [-30.043, -30], absolute: 0.03)
        expectClose(loss(Tensor([1, 1, 0, 1, 2, -1], shape: [2, 1, 3])), [20, 0.00434], absolute: 1e-3)
        // ⟨p, t⟩² / |t|² = 1.5² / 2.25 of |p|² = 2 is along the target.
        let estimate = Tensor([1, 0, 1, 1, 2, -1], shape: [2, 1, 3]), along: Float = 1, across = 2 - along
        expectClose(
            loss(estimate).prefix(1).map { $0 }, [10 * log10((across + 0.001 * along) / (along + 0.01 * 2))], absolute: 1e-3)
        checkGradients(at: [Tensor([0.3, -0.2, 0.4, 0.1, 0.6, -0.4], shape: [2, 1, 3])]) {
            scaleInvariantRatioLoss($0[0], target: target, mixture: mixture)
        }
    }

    /// -30 dB at best; silence for silence is the best there is, the mixture itself 0 dB.
    @Test func theLossIsLimited() {
        let target = Tensor([1, -1, 0.5, 0, 0, 0], shape: [2, 1, 3]), mixture = Tensor([1, 0, 1, 1, 2, -1], shape: [2, 1, 3])
        let perfect = thresholdedRatioLoss(target, target: target, mixture: mixture).values
        expectClose(perfect, [-30, -30], absolute: 1e-3)
        expectClose(thresholdedRatioLoss(mixture, target: target, mixture: mixture).values[1...].map { $0 }, [0.00434], absolute: 1e-3)
        expectClose(
            thresholdedRatioLoss(target * 2, target: target, mixture: mixture).values[..<1].map { $0 }, [0.00434], absolute: 1e-3)
        checkGradients(at: [Tensor([0.3, -0.2, 0.4, 0.1, 0.6, -0.4], shape: [2, 1, 3])]) {
            thresholdedRatioLoss($0[0], target: target, mixture: mixture)
        }
    }
}
