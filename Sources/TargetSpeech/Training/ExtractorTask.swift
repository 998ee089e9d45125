import AudioMetrics
import Foundation
import ModelLibrary
import NeuralCore
import Training

/// A mixture with what should be left of it.
public struct ExtractionExample: Sendable {
    /// `[ears, samples]`, ear after ear.
    var mixture: [Float]
    var target: [Float]
    var embedding: [Float]
    var isTargetPresent: Bool

    init(_ scene: BinauralScene, embedding: [Float], hearsOneEar: Bool = false) {
        func ears(_ signal: [[Float]]) -> [Float] { signal.flatMap { hearsOneEar ? signal[0] : $0 } }
        (mixture, target) = (ears(scene.mixture), ears(scene.target))
        self.embedding = embedding
        isTargetPresent = scene.recipe.isTargetPresent
    }
}

/// Trains the extractor: mixtures and the embedding of the wanted voice in, that voice at the ears out.
public struct ExtractorTask<Network: ExtractorNetwork>: TrainingTask {
    private let configuration: Network.Configuration
    private let data: SceneTrainingData
    private let teacher: VoiceTeacher
    private let voices: VoiceExampleSettings
    private let held: [ExtractionExample]
    public let fingerprint: String

    /// Draws the validation scenes.
    ///
    /// - Throws: What drawing scenes throws, and `TargetSpeechError.invalidSetting` where scenes and network differ in
    ///   their channels.
    public init(
        _ configuration: Network.Configuration, data: SceneTrainingData, teacher: VoiceTeacher, voices: VoiceExampleSettings,
        validation: SceneValidationSettings
    ) throws {
        let ears = data.training.settings.isMono ? 1 : 2
        guard configuration.microphones == ears, configuration.outputs == ears else {
            throw TargetSpeechError.invalidSetting(
                name: "num_ch", value: "\(configuration.microphones)", fix: "the scenes have \(ears); set model and scenes alike.")
        }
        (self.configuration, self.data, self.teacher, self.voices) = (configuration, data, teacher, voices)
        fingerprint = data.fingerprint
        held = try (0..<validation.scenes).map { index in
            let scene = try data.validation.scene(index, isTargetAbsent: index < validation.absent)
            return ExtractionExample(scene, embedding: try teacher.enrolled(scene.enrollment) ?? teacher.embedding(for: scene))
        }
    }

    public func example(_ index: Int) throws -> ExtractionExample {
        let scene = try data.training.scene(index)
        var random = RandomPurpose.voices.generator(run: data.seed, stream: index)
        let hearsOneEar = random.chance(voices.oneEar), isEnrolled = random.chance(voices.enrolled)
        let enrollment = hearsOneEar ? scene.enrollment.map { _ in scene.enrollment[0] } : scene.enrollment
        let vector = try (isEnrolled ? teacher.enrolled(enrollment) : nil) ?? teacher.embedding(for: scene)
        return ExtractionExample(scene, embedding: voices.disturb(vector, using: &random), hearsOneEar: hearsOneEar)
    }

    public func loss(
        of network: Network, on examples: ArraySlice<ExtractionExample>, items: Range<Int>, random: Philox
    ) throws -> Tensor {
        let mixture = stack(examples.map(\.mixture))
        let estimate = network(mixture, embedding: embeddings(examples))
        return thresholdedRatioLoss(estimate, target: stack(examples.map(\.target)), mixture: mixture).mean()
    }

    public func validate(
        _ network: Network, checkCancelled: @Sendable () throws -> Void
    ) throws -> ExtractionReport {
        let results = try parallelMap(held.count) { index in
            Result {
                try checkCancelled()
                let example = held[index]
                let estimate = network(stack([example.mixture]), embedding: embeddings([example])).values
                return try ExtractionReport.Scene(
                    mixture: ears(example.mixture), target: ears(example.target), estimate: ears(estimate),
                    isTargetPresent: example.isTargetPresent)
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

    private func embeddings(_ examples: ArraySlice<ExtractionExample>) -> Tensor? {
        configuration.embeddingSize == 0
            ? nil : Tensor(examples.flatMap(\.embedding), shape: [examples.count, configuration.embeddingSize])
    }

    private func ears(_ values: [Float]) -> [[Float]] {
        let count = values.count / configuration.microphones
        return (0..<configuration.microphones).map { Array(values[$0 * count..<($0 + 1) * count]) }
    }
}
