import Synchronization

/// The embeddings that networks are trained with: those of clean utterances, each computed once, and those that an
/// enrolment network makes of noisy ones.
///
/// Safe to use from several threads.
public final class VoiceTeacher: Sendable {
    private let embed: @Sendable ([Float]) throws -> [Float]
    private let network: (any EnrollingNetwork)?
    /// The weights of that network; an extractor that was trained with its vectors understands no others.
    let voiceModel: Voice.Model?
    private let known = Mutex<[String: [Float]]>([:])

    /// - Parameters:
    ///   - enrollment: The network that enrols from noisy examples, with the weights it has; nil to do without.
    ///   - embed: The embedding of a clean utterance at 16 kHz.
    public init(
        enrollment: (network: any EnrollingNetwork, model: Voice.Model)? = nil, _ embed: @escaping @Sendable ([Float]) throws -> [Float]
    ) {
        (network, voiceModel, self.embed) = (enrollment?.network, enrollment?.model, embed)
    }

    /// The embedding of the utterance that a scene enrols with.
    func embedding(for scene: BinauralScene) throws -> [Float] {
        try embedding(of: scene.enrollmentClean, called: scene.recipe.enrollmentUtterance)
    }

    /// The embedding of a clean utterance; its name stands for it.
    func embedding(of utterance: [Float], called name: String) throws -> [Float] {
        if let embedding = known.withLock({ $0[name] }) { return embedding }
        let embedding = try embed(utterance)
        known.withLock { $0[name] = embedding }
        return embedding
    }

    /// Whether noisy enrolments have an answer.
    var enrolls: Bool { network != nil }

    /// The embedding of a noisy enrolment, `[ears][samples]`; nil without a network.
    func enrolled(_ recording: [[Float]]) -> [Float]? { network?.vector(of: recording) }
}
