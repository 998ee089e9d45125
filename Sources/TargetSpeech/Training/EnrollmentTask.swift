import Foundation
import NeuralCore
import Training

/// A noisy recording and the embedding wanted of it.
public struct EnrollmentExample: Sendable {
    /// `[ears][samples]`
    var recording: [[Float]]
    var embedding: [Float]
}

/// Trains an enrolment network by distillation: from a noisy recording with the target in front to the embedding of
/// what the target says there, recorded clean.
public struct EnrollmentTask<Network: EnrollingNetwork>: TrainingTask {
    private let configuration: Network.Configuration
    private let data: SceneTrainingData
    private let teacher: VoiceTeacher
    private let voices: VoiceExampleSettings
    private let held: [EnrollmentExample]
    public let fingerprint: String

    /// Draws the validation scenes.
    ///
    /// - Throws: As ``ExtractorTask``.
    public init(
        _ configuration: Network.Configuration, data: SceneTrainingData, teacher: VoiceTeacher, voices: VoiceExampleSettings,
        validation: SceneValidationSettings
    ) throws {
        let ears = data.training.settings.isMono ? 1 : 2
        guard configuration.microphones == ears else {
            throw TargetSpeechError.invalidSetting(
                name: "num_ch", value: "\(configuration.microphones)", fix: "the scenes have \(ears); set model and scenes alike.")
        }
        (self.configuration, self.data, self.teacher, self.voices) = (configuration, data, teacher, voices)
        fingerprint = data.fingerprint
        held = try (0..<validation.scenes).map { try Self.example(data.validation.scene($0), teacher) }
    }

    public func example(_ index: Int) throws -> EnrollmentExample {
        var random = RandomPurpose.voices.generator(run: data.seed, stream: index)
        return try Self.example(data.training.scene(index), teacher, hearsOneEar: random.chance(voices.oneEar))
    }

    private static func example(
        _ scene: BinauralScene, _ teacher: VoiceTeacher, hearsOneEar: Bool = false
    ) throws -> EnrollmentExample {
        EnrollmentExample(
            recording: hearsOneEar ? scene.enrollment.map { _ in scene.enrollment[0] } : scene.enrollment,
            embedding: try teacher.embedding(for: scene))
    }

    /// Recordings differ in length, so each goes through the network alone.
    public func loss(
        of network: Network, on examples: ArraySlice<EnrollmentExample>, items: Range<Int>, random: Philox
    ) throws -> Tensor {
        let losses = examples.map { cosineEmbeddingLoss(embedding(of: $0, by: network), Tensor($0.embedding, shape: [1, $0.embedding.count])) }
        return Tensor.concatenated(losses, axis: 0).mean()
    }

    public func validate(_ network: Network, checkCancelled: @Sendable () throws -> Void) throws -> EnrollmentReport {
        let cosines = try parallelMap(held.count) { index in
            Result {
                try checkCancelled()
                let wanted = Tensor(held[index].embedding, shape: [1, held[index].embedding.count])
                return Double(cosineSimilarity(embedding(of: held[index], by: network), wanted).values[0])
            }
        }.map { try $0.get() }
        return EnrollmentReport(scenes: cosines.count, cosine: cosines.reduce(0, +) / Double(max(1, cosines.count)))
    }

    public func modelMetadata() throws -> [String: String] { try Network.metadata(configuration, name: "enrollment-16k") }

    private func embedding(of example: EnrollmentExample, by network: Network) -> Tensor {
        network(Tensor(example.recording.flatMap(\.self), shape: [1, example.recording.count, example.recording[0].count]))
    }
}

/// How near the embeddings of noisy recordings are to those of clean ones.
public struct EnrollmentReport: ValidationSummary, Equatable {
    public var scenes: Int
    /// Mean cosine, -1 to 1.
    public var cosine: Double

    public var merit: Double { cosine }
    public var summary: String { String(format: "cosine to the clean voice %.3f", cosine) }
}
