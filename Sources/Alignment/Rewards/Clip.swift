import AudioDSP
import AudioEmbeddings
import AudioMetrics
import NeuralCore
import Synchronization

/// A recording to be judged, in a file or in memory.
public struct Clip: Sendable {
    public enum Source: Sendable {
        case file(String)
        case sound(AudioBuffer)
    }

    /// What messages and tables call it.
    public let name: String
    public let source: Source
    /// What it was asked to sound like.
    public let prompt: String?

    public init(name: String, source: Source, prompt: String? = nil) {
        (self.name, self.source, self.prompt) = (name, source, prompt)
    }

    /// - Throws: `AudioFileError`.
    public func sound() throws -> AudioBuffer {
        switch source {
        case .file(let path): try AudioFile.read(path)
        case .sound(let sound): sound
        }
    }
}

/// Clips that are judged together. What several rewards need of a clip is computed once.
public final class ClipBatch: Sendable {
    public let clips: [Clip]
    private let cache: EmbeddingCache
    private let onProgress: @Sendable (_ done: Int, _ clip: String) throws -> Void
    private let embedded = Mutex<[String: [EmbeddingSet]]>([:])
    private let computed = Mutex<[ObjectIdentifier: (owner: any Sendable & AnyObject, value: any Sendable)]>([:])

    /// - Parameter onProgress: called for every clip that an encoder finished; what it throws ends the work.
    public init(
        _ clips: [Clip], cache: EmbeddingCache = EmbeddingCache(folder: nil),
        onProgress: @escaping @Sendable (_ done: Int, _ clip: String) throws -> Void = { _, _ in }
    ) {
        (self.clips, self.cache, self.onProgress) = (clips, cache, onProgress)
    }

    /// The embeddings of every clip's stretches.
    ///
    /// - Throws: what reading a clip or the encoder throws, with the clip's name.
    public func embeddings(by encoder: any AudioEncoder) throws -> [EmbeddingSet] {
        if let known = embedded.withLock({ $0[encoder.identity] }) { return known }
        // One clip after the other: encoders work in parallel inside.
        let sets = try clips.enumerated().map { index, clip in
            let set = try naming(clip) {
                switch clip.source {
                case .file(let path): try cache.embeddings(ofFile: path, by: encoder)
                case .sound(let sound): try EmbeddingSet(encoder.embeddings(of: sound))
                }
            }
            try onProgress(index + 1, clip.name)
            return set
        }
        embedded.withLock { $0[encoder.identity] = sets }
        return sets
    }

    /// What an owner computes of all clips, only the first time that it is asked for.
    func once<Value: Sendable>(for owner: some Sendable & AnyObject, _ compute: () throws -> Value) rethrows -> Value {
        let key = ObjectIdentifier(owner)
        if let known = computed.withLock({ $0[key]?.value as? Value }) { return known }
        let value = try compute()
        // The owner is kept with it, so that no other one can have its identity.
        computed.withLock { $0[key] = (owner, value) }
        return value
    }

    /// Each clip's one embedding.
    public func summaries(by encoder: any AudioEncoder) throws -> [[Double]] {
        try embeddings(by: encoder).map { encoder.summary(of: $0) }
    }

    /// The stretches of several clips in one set.
    public func pooled(_ members: [Int], by encoder: any AudioEncoder) throws -> EmbeddingSet {
        let sets = try embeddings(by: encoder)
        return try EmbeddingSet.joined(members.map { sets[$0] })
    }

    /// Computes a value from every clip's sound, several clips at a time.
    func mapSounds<Value: Sendable>(_ body: @Sendable (Clip, AudioBuffer) throws -> Value) throws -> [Value] {
        try parallelMap(clips.count) { index in
            Result { try self.naming(self.clips[index]) { try body(self.clips[index], self.clips[index].sound()) } }
        }.map { try $0.get() }
    }

    private func naming<Value>(_ clip: Clip, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as AlignmentError {
            throw error
        } catch {
            let text = error.localizedDescription
            throw AlignmentError.invalid(what: clip.name, reason: text)
        }
    }
}

extension AudioEncoder {
    /// How it cuts recordings, as a remark.
    var rule: String { "\(name): \(cutting)" }
}

extension EmbeddingSet {
    /// All embeddings of several sets of one dimension, in their order.
    static func joined(_ sets: [EmbeddingSet]) throws -> EmbeddingSet {
        guard let first = sets.first else { throw EmbeddingError.empty }
        if let odd = sets.first(where: { $0.dimension != first.dimension }) {
            throw EmbeddingError.dimensionMismatch(first.dimension, odd.dimension)
        }
        return try EmbeddingSet(sets.flatMap(\.values), count: sets.reduce(0) { $0 + $1.count }, dimension: first.dimension)
    }
}
