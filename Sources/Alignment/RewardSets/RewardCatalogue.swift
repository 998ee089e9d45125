import AudioEmbeddings
import Synchronization

/// How a reward is made from settings. A new reward is one file with a definition, and its line in ``RewardCatalogue``.
public struct RewardDefinition: Sendable {
    /// What `reward:` names in a file of rewards.
    public let name: String
    /// What it measures, in a few words.
    public let summary: String
    let make: @Sendable (RewardSettings, RewardContext) throws -> any Reward

    init(name: String, summary: String, make: @escaping @Sendable (RewardSettings, RewardContext) throws -> any Reward) {
        (self.name, self.summary, self.make) = (name, summary, make)
    }
}

public enum RewardCatalogue {
    public static let all = [
        CLAPReward.definition, PerSongFrechetReward.definition, FrechetReward.definition, FrechetReward.infinityDefinition,
        KernelReward.definition, KernelReward.discrepancyDefinition, VendiReward.definition, LoudnessReward.definition,
        SilenceReward.definition, ClippingReward.definition, TempoReward.definition, ScorerReward.definition,
    ]

    public static var names: String { all.map(\.name).joined(separator: ", ") }
}

/// What rewards are made with: encoders and reference sets, each read once; and what holds where a file says nothing.
public final class RewardContext: Sendable {
    public struct Defaults: Sendable {
        /// An encoder's name or path.
        public var encoder: String?
        /// A folder of recordings or a file of captions.
        public var reference: String?
        public var seed: UInt64 = 0
        public init() {}
    }

    public let defaults: Defaults
    public let cache: EmbeddingCache
    private let onProgress: @Sendable (_ done: Int, _ recording: String) throws -> Void
    private let find: @Sendable (String?, _ needsText: Bool) throws -> any AudioEncoder
    private let encoders = Mutex<[String: any AudioEncoder]>([:])
    private let exemplarSets = Mutex<[String: Exemplars]>([:])

    /// - Parameters:
    ///   - find: the encoder of a name; nil stands for the usual one, of texts where that is needed.
    ///   - onProgress: called for every recording of a reference set that was encoded; what it throws ends the work.
    public init(
        defaults: Defaults = Defaults(), cache: EmbeddingCache = EmbeddingCache(folder: nil),
        find: @escaping @Sendable (_ name: String?, _ needsText: Bool) throws -> any AudioEncoder = RewardContext.library,
        onProgress: @escaping @Sendable (_ done: Int, _ recording: String) throws -> Void = { _, _ in }
    ) {
        (self.defaults, self.cache, self.find, self.onProgress) = (defaults, cache, find, onProgress)
    }

    /// The built-in encoder, or the installed CLAP model where texts are needed.
    public static let library: @Sendable (String?, Bool) throws -> any AudioEncoder = { name, needsText in
        needsText ? try EncoderLibrary.textEncoder(name) : try EncoderLibrary.encoder(name ?? EncoderLibrary.builtIn)
    }

    var seed: UInt64 { defaults.seed }

    func encoder(_ name: String?) throws -> any AudioEncoder { try found(name ?? defaults.encoder, needsText: false) }

    func textEncoder(_ name: String?) throws -> any AudioTextEncoder {
        let encoder = try found(name ?? defaults.encoder, needsText: true)
        guard let text = encoder as? any AudioTextEncoder else { throw EncoderError.noTextSide(encoder: encoder.name) }
        return text
    }

    func exemplars(_ path: String, _ encoder: any AudioEncoder) throws -> Exemplars {
        let key = path + "\n" + encoder.identity
        if let known = exemplarSets.withLock({ $0[key] }) { return known }
        let made = try Exemplars(path, encoder: encoder, cache: cache, onProgress: onProgress)
        exemplarSets.withLock { $0[key] = made }
        return made
    }

    /// What a distance is measured with and to, as a file's settings name them.
    func reference(of settings: RewardSettings) throws -> (encoder: any AudioEncoder, exemplars: Exemplars) {
        let encoder = try encoder(settings.encoder())
        return (encoder, try exemplars(settings.requiredPath("reference"), encoder))
    }

    private func found(_ name: String?, needsText: Bool) throws -> any AudioEncoder {
        let key = (name ?? "") + (name == nil && needsText ? " text" : "")
        if let known = encoders.withLock({ $0[key] }), !needsText || known is any AudioTextEncoder { return known }
        let encoder = try find(name, needsText)
        encoders.withLock { $0[key] = encoder }
        return encoder
    }
}
