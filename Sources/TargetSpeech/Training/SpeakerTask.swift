import AudioDSP
import Foundation
import ModelLibrary
import NeuralCore
import Training

/// The features of a stretch of clean speech and the vector wanted of it.
public struct SpeakerExample: Sendable {
    /// `[frames, bands]`
    var features: [Float]
    var embedding: [Float]
}

/// Trains a speaker encoder by distillation: from every stretch of a talker's utterance to the vector that a teacher gives
/// for the whole of it.
public struct SpeakerTask: TrainingTask {
    private let configuration: SpeakerNetwork.Configuration
    private let training: SpeakerUtterances
    private let held: [(talker: Int, stretches: Tensor, embedding: [Float])]
    private let seed: UInt64
    public let fingerprint: String

    /// - Parameter utterances: held-out ones to validate with, at most.
    init(
        _ configuration: SpeakerNetwork.Configuration, training: SpeakerUtterances, validation: SpeakerUtterances, utterances: Int,
        seed: UInt64
    ) throws {
        guard configuration.bandCount == SpeakerFeatures.bandCount else {
            throw TargetSpeechError.invalidSetting(
                name: "bandCount", value: "\(configuration.bandCount)", fix: "features have \(SpeakerFeatures.bandCount) bands.")
        }
        (self.configuration, self.training, self.seed) = (configuration, training, seed)
        held = try validation.spread(utterances)
        fingerprint = training.collection.fingerprint + "-" + validation.collection.fingerprint
        guard let size = held.first?.embedding.count else { throw TargetSpeechError.noSpeech(of: "validation") }
        guard size == configuration.embeddingSize else {
            throw TargetSpeechError.embeddingSize(found: size, expected: configuration.embeddingSize)
        }
    }

    public func example(_ index: Int) throws -> SpeakerExample {
        var random = RandomPurpose.examples.generator(run: seed, stream: index)
        return try training.example(using: &random)
    }

    public func loss(
        of network: SpeakerNetwork, on examples: ArraySlice<SpeakerExample>, items: Range<Int>, random: Philox
    ) throws -> Tensor {
        let bands = configuration.bandCount, frames = (examples.first?.features.count ?? 0) / bands
        let features = Tensor(examples.flatMap(\.features), shape: [examples.count, frames, bands])
        let wanted = Tensor(examples.flatMap(\.embedding), shape: [examples.count, configuration.embeddingSize])
        return cosineEmbeddingLoss(network(features), wanted).mean()
    }

    public func validate(_ network: SpeakerNetwork, checkCancelled: @Sendable () throws -> Void) throws -> SpeakerReport {
        let vectors = try parallelMap(held.count) { index in
            Result {
                try checkCancelled()
                return unitRows(network(held[index].stretches).mean(axes: [0])).values
            }
        }.map { try $0.get() }
        let cosines = zip(vectors, held).map { Voice.product($0, $1.embedding) }
        return SpeakerReport(
            utterances: vectors.count, cosine: cosines.reduce(0, +) / Double(max(1, cosines.count)),
            equalErrorRate: EqualErrorRate.of(vectors, talkers: held.map(\.talker)))
    }

    public func modelMetadata() throws -> [String: String] { try SpeakerNetwork.metadata(configuration, name: "speaker-16k") }
}

/// How near a student's vectors are to the teacher's, and how well they tell people apart.
public struct SpeakerReport: ValidationSummary, Equatable {
    public var utterances: Int
    /// Mean cosine, -1 to 1.
    public var cosine: Double
    /// Of "the same talker?" over all pairs of utterances, 0 to 1; nil where all are of one talker or each of another.
    public var equalErrorRate: Double?

    public var merit: Double { cosine }
    public var summary: String {
        String(format: "cosine to the teacher %.3f", cosine)
            + (equalErrorRate.map { String(format: ", equal error rate %.1f %%", 100 * $0) } ?? "")
    }
}
