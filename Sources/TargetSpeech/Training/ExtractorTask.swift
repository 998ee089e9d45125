import AudioMetrics
import Foundation
import NeuralCore
import Training

/// Trains the extractor: mixtures and the embedding of the wanted voice in, that voice at the ears out.
public struct ExtractorTask: TrainingTask {
    /// A mixture with what should be left of it.
    public struct Example: Sendable {
        /// `[ears, samples]`, ear after ear.
        var mixture: [Float]
        var target: [Float]
        var embedding: [Float]
        var isTargetPresent: Bool
    }

    private let configuration: ExtractorConfiguration
    private let data: SceneTrainingData
    private let teacher: VoiceTeacher
    private let held: [Example]
    public let fingerprint: String

    /// Draws the validation scenes.
    ///
    /// - Throws: What drawing scenes throws, and `TargetSpeechError.invalidSetting` where scenes and network differ in
    ///   their channels.
    public init(
        _ configuration: ExtractorConfiguration, data: SceneTrainingData, teacher: VoiceTeacher, validation: SceneValidationSettings
    ) throws {
        let ears = data.training.settings.isMono ? 1 : 2
        guard configuration.microphones == ears, configuration.outputs == ears else {
            throw TargetSpeechError.invalidSetting(
                name: "num_ch", value: "\(configuration.microphones)", fix: "the scenes have \(ears); set model and scenes alike.")
        }
        (self.configuration, self.data, self.teacher) = (configuration, data, teacher)
        fingerprint = data.fingerprint
        held = try (0..<validation.scenes).map { index in
            try Self.example(data.validation.scene(index, isTargetAbsent: index < validation.absent), teacher)
        }
    }

    public func example(_ index: Int) throws -> Example { try Self.example(data.training.scene(index), teacher) }

    private static func example(_ scene: BinauralScene, _ teacher: VoiceTeacher) throws -> Example {
        Example(
            mixture: scene.mixture.flatMap(\.self), target: scene.target.flatMap(\.self), embedding: try teacher.embedding(for: scene),
            isTargetPresent: scene.recipe.isTargetPresent)
    }

    public func loss(
        of network: TFGridNetExtractor, on examples: ArraySlice<Example>, items: Range<Int>, random: Philox
    ) throws -> Tensor {
        let mixture = stack(examples.map(\.mixture))
        let estimate = network(mixture, embedding: embeddings(examples))
        return thresholdedRatioLoss(estimate, target: stack(examples.map(\.target)), mixture: mixture).mean()
    }

    public func validate(
        _ network: TFGridNetExtractor, checkCancelled: @Sendable () throws -> Void
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

    public func modelMetadata() throws -> [String: String] { try TFGridNetExtractor.metadata(configuration, name: "extractor-16k") }

    /// `[batch, ears, samples]`
    private func stack(_ signals: [[Float]]) -> Tensor {
        let ears = configuration.microphones
        return Tensor(signals.flatMap(\.self), shape: [signals.count, ears, (signals.first?.count ?? 0) / ears])
    }

    private func embeddings(_ examples: ArraySlice<Example>) -> Tensor? {
        configuration.embeddingSize == 0
            ? nil : Tensor(examples.flatMap(\.embedding), shape: [examples.count, configuration.embeddingSize])
    }

    private func ears(_ values: [Float]) -> [[Float]] {
        let count = values.count / configuration.microphones
        return (0..<configuration.microphones).map { Array(values[$0 * count..<($0 + 1) * count]) }
    }
}
