import AudioMetrics
import Foundation
import ModelLibrary
import NeuralCore
import Training

/// A mixture, and for each voice that is asked of it what should be left.
public struct ExtractionExample: Sendable {
    struct Question: Sendable {
        /// `[ears, samples]`
        var target: [Float]
        var embedding: [Float]
        var isPresent: Bool
    }

    /// `[ears, samples]`, ear after ear.
    var mixture: [Float]
    var questions: [Question]

    /// A scene's own question: its target.
    init(_ scene: BinauralScene, embedding: [Float]) {
        mixture = scene.mixture.flatMap(\.self)
        questions = [.init(target: scene.target.flatMap(\.self), embedding: embedding, isPresent: scene.recipe.isTargetPresent)]
    }

    /// Both ears hear the first one.
    mutating func hearOneEar() {
        func doubled(_ signal: [Float]) -> [Float] {
            let ear = signal.prefix(signal.count / 2)
            return Array(ear + ear)
        }
        mixture = doubled(mixture)
        for index in questions.indices { questions[index].target = doubled(questions[index].target) }
    }
}

/// Trains the extractor: mixtures and the embedding of the wanted voice in, that voice at the ears out.
public struct ExtractorTask<Network: ExtractorNetwork>: TrainingTask {
    private let configuration: Network.Configuration
    private let data: SceneTrainingData
    private let teacher: VoiceTeacher
    private let voices: VoiceExampleSettings
    private let losses: ExtractionLossSettings
    private let held: [ExtractionExample]
    public let fingerprint: String

    /// Draws the validation scenes.
    ///
    /// - Throws: What drawing scenes throws, and `TargetSpeechError.invalidSetting` where scenes and network differ in
    ///   their channels.
    public init(
        _ configuration: Network.Configuration, data: SceneTrainingData, teacher: VoiceTeacher, voices: VoiceExampleSettings,
        loss: ExtractionLossSettings = .init(), validation: SceneValidationSettings
    ) throws {
        let ears = data.training.settings.isMono ? 1 : 2
        guard configuration.microphones == ears, configuration.outputs == ears else {
            throw TargetSpeechError.invalidSetting(
                name: "num_ch", value: "\(configuration.microphones)", fix: "the scenes have \(ears); set model and scenes alike.")
        }
        (self.configuration, self.data, self.teacher, self.voices, losses) = (configuration, data, teacher, voices, loss)
        fingerprint = data.fingerprint
        held = try (0..<validation.scenes).map { index in
            let scene = try data.validation.scene(index, isTargetAbsent: index < validation.absent)
            return ExtractionExample(scene, embedding: try teacher.enrolled(scene.enrollment) ?? teacher.embedding(for: scene))
        }
    }

    public func example(_ index: Int) throws -> ExtractionExample {
        let scene = try data.training.scene(index, enrolls: teacher.enrolls)
        var random = RandomPurpose.voices.generator(run: data.seed, stream: index)
        let hearsOneEar = configuration.microphones == 2 && random.chance(voices.oneEar), isEnrolled = random.chance(voices.enrolled)
        let enrollment = hearsOneEar ? scene.enrollment.map { _ in scene.enrollment[0] } : scene.enrollment
        let vector = try (isEnrolled ? teacher.enrolled(enrollment) : nil) ?? teacher.embedding(for: scene)
        var example = ExtractionExample(scene, embedding: voices.disturb(vector, using: &random))
        for voice in scene.voices.dropFirst(scene.recipe.isTargetPresent ? 1 : 0).prefix(voices.perScene - 1) {
            let clean = data.training.cleanUtterance(ofTalker: voice.talker, in: scene, using: &random)
            let vector = try teacher.embedding(of: clean.samples, called: clean.name)
            example.questions.append(
                .init(target: voice.heard.flatMap(\.self), embedding: voices.disturb(vector, using: &random), isPresent: true))
        }
        if hearsOneEar { example.hearOneEar() }
        return example
    }

    public func loss(
        of network: Network, on examples: ArraySlice<ExtractionExample>, items: Range<Int>, random: Philox
    ) throws -> Tensor {
        let mixture = stack(examples.flatMap { example in example.questions.map { _ in example.mixture } })
        let questions = examples.flatMap(\.questions)
        let estimate = network(mixture, embedding: embeddings(questions))
        let target = stack(questions.map(\.target)), share = losses.scaleInvariant
        let plain = thresholdedRatioLoss(estimate, target: target, mixture: mixture).mean()
        return share == 0
            ? plain : plain * (1 - share) + scaleInvariantRatioLoss(estimate, target: target, mixture: mixture).mean() * share
    }

    public func validate(
        _ network: Network, checkCancelled: @Sendable () throws -> Void
    ) throws -> ExtractionReport {
        let results = try parallelMap(held.count) { index in
            Result {
                try checkCancelled()
                let mixture = held[index].mixture, question = held[index].questions[0]
                let estimate = network(stack([mixture]), embedding: embeddings([question])).values
                return try ExtractionReport.Scene(
                    mixture: ears(mixture), target: ears(question.target), estimate: ears(estimate),
                    isTargetPresent: question.isPresent)
            }
        }.map { try $0.get() }
        return ExtractionReport(results)
    }

    public func modelMetadata() throws -> [String: String] {
        var details = JSONObject()
        if let model = teacher.voiceModel {
            details = ["voiceModel": .object(["name": .string(model.name), "sha256": .string(model.sha256)])]
        }
        return try Network.metadata(configuration, name: "extractor-16k", details: details)
    }

    /// `[batch, ears, samples]`
    private func stack(_ signals: [[Float]]) -> Tensor {
        let ears = configuration.microphones
        return Tensor(signals.flatMap(\.self), shape: [signals.count, ears, (signals.first?.count ?? 0) / ears])
    }

    private func embeddings(_ questions: [ExtractionExample.Question]) -> Tensor? {
        configuration.embeddingSize == 0
            ? nil : Tensor(questions.flatMap(\.embedding), shape: [questions.count, configuration.embeddingSize])
    }

    private func ears(_ values: [Float]) -> [[Float]] {
        let count = values.count / configuration.microphones
        return (0..<configuration.microphones).map { Array(values[$0 * count..<($0 + 1) * count]) }
    }
}
