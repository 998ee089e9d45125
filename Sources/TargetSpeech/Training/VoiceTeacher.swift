import Synchronization

/// The embeddings that networks are trained with: those of clean utterances, each computed once.
///
/// Safe to use from several threads.
public final class VoiceTeacher: Sendable {
    private let embed: @Sendable ([Float]) throws -> [Float]
    private let known = Mutex<[String: [Float]]>([:])

    /// - Parameter embed: The embedding of a clean utterance at 16 kHz.
    public init(_ embed: @escaping @Sendable ([Float]) throws -> [Float]) { self.embed = embed }

    /// The embedding of the utterance that a scene enrols with.
    func embedding(for scene: BinauralScene) throws -> [Float] {
        let name = scene.recipe.enrollmentUtterance
        if let embedding = known.withLock({ $0[name] }) { return embedding }
        let embedding = try embed(scene.enrollmentClean)
        known.withLock { $0[name] = embedding }
        return embedding
    }
}
