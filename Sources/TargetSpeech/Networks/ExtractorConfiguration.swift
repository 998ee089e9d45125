/// Sizes of the causal TF-GridNet that extracts a voice or enhances speech chunk by chunk.
///
/// The names in JSON are those of the published system (Veluri et al., "Look Once to Hear", CHI 2024); `n_srcs`,
/// `approx_qk_dim` and `sample_rate` may be absent, and `model_params` may enclose them all. `I` and `J` are ignored,
/// as they are there.
public struct ExtractorConfiguration: Codable, Equatable, Sendable {
    /// In Hz.
    public var sampleRate = 16_000
    /// Channels of the mixture, 1 or 2.
    public var microphones = 2
    /// Channels of the result, 1 or 2.
    public var outputs = 2
    /// Samples between two frames, and those that one step takes and gives.
    public var chunkLength = 128
    /// Samples after a chunk that its frame sees, 0 to `chunkLength`.
    public var lookahead = 64
    /// Features of each bin (`D`).
    public var width = 64
    /// Units of each direction of each LSTM (`H`).
    public var hidden = 64
    /// Blocks (`B`). The voice multiplies the features between the first and the second.
    public var blocks = 3
    /// Attention heads (`L`), a divisor of `width`.
    public var heads = 4
    /// Frames that each frame attends to, itself included (`local_atten_len`).
    public var attentionFrames = 50
    /// About how many features of all bins a query and a key have together; see `queryWidth`.
    public var approximateQuerySize = 512
    /// Elements of a voice's embedding; 0 for a network that hears no particular voice.
    public var embeddingSize = 256

    /// The published extractor.
    public init() {}

    /// Samples of a frame's window.
    public var windowLength: Int { chunkLength + lookahead }
    public var binCount: Int { windowLength / 2 + 1 }
    /// Features of one bin in a head's queries and keys (E).
    public var queryWidth: Int { (approximateQuerySize + binCount - 1) / binCount }
    /// Features of one bin in a head's values.
    public var valueWidth: Int { width / heads }
    /// Whether a voice steers the network; with a single block there is no place for it.
    public var isConditioned: Bool { embeddingSize > 0 && blocks > 1 }

    /// Throws `TargetSpeechError.invalidSetting` unless the network can be built.
    public func validate() throws {
        let limits: [(CodingKeys, Int, ClosedRange<Int>)] = [
            (.sampleRate, sampleRate, 8_000...192_000), (.microphones, microphones, 1...2), (.outputs, outputs, 1...2),
            (.chunkLength, chunkLength, 4...4_096), (.lookahead, lookahead, 0...max(0, chunkLength)),
            (.width, width, 1...1_024), (.hidden, hidden, 1...1_024), (.blocks, blocks, 1...64),
            (.heads, heads, 1...max(1, width)), (.attentionFrames, attentionFrames, 1...4_096),
            (.approximateQuerySize, approximateQuerySize, 1...65_536), (.embeddingSize, embeddingSize, 0...65_536),
        ]
        for (key, value, range) in limits where !range.contains(value) {
            throw Self.invalid(key, value, "it must be from \(range.lowerBound) to \(range.upperBound)")
        }
        guard windowLength.isMultiple(of: 2) else {
            throw Self.invalid(.lookahead, lookahead, "with \(CodingKeys.chunkLength.rawValue) it must give an even sum")
        }
        guard width.isMultiple(of: heads) else {
            throw Self.invalid(.heads, heads, "it must divide \(CodingKeys.width.rawValue), \(width)")
        }
    }

    private static func invalid(_ key: CodingKeys, _ value: Int, _ fix: String) -> TargetSpeechError {
        .invalidSetting(name: key.rawValue, value: "\(value)", fix: fix + ".")
    }
}

extension ExtractorConfiguration {
    enum CodingKeys: String, CodingKey {
        case sampleRate = "sample_rate"
        case microphones = "num_ch"
        case outputs = "n_srcs"
        case chunkLength = "stft_chunk_size"
        case lookahead = "stft_pad_size"
        case width = "D"
        case hidden = "H"
        case blocks = "B"
        case heads = "L"
        case attentionFrames = "local_atten_len"
        case approximateQuerySize = "approx_qk_dim"
        case embeddingSize = "embed_dim"
    }

    private enum Enclosing: String, CodingKey { case parameters = "model_params" }

    /// Variants of the published code, which never worked there with other values.
    private enum Switches: String, CodingKey, CaseIterable { case use_attn, lookahead, chunk_causal }

    /// Throws `TargetSpeechError.invalidSetting` where a value is impossible.
    public init(from decoder: any Decoder) throws {
        let enclosing = try decoder.container(keyedBy: Enclosing.self)
        if enclosing.contains(.parameters) {
            self = try enclosing.decode(Self.self, forKey: .parameters)
            return
        }
        let switches = try decoder.container(keyedBy: Switches.self)
        for key in Switches.allCases where try switches.decodeIfPresent(Bool.self, forKey: key) == false {
            throw TargetSpeechError.invalidSetting(
                name: key.rawValue, value: "false", fix: "the extractor exists only with true.")
        }
        let values = try decoder.container(keyedBy: CodingKeys.self)
        microphones = try values.decode(Int.self, forKey: .microphones)
        outputs = try values.decodeIfPresent(Int.self, forKey: .outputs) ?? microphones
        chunkLength = try values.decode(Int.self, forKey: .chunkLength)
        lookahead = try values.decode(Int.self, forKey: .lookahead)
        width = try values.decode(Int.self, forKey: .width)
        hidden = try values.decode(Int.self, forKey: .hidden)
        blocks = try values.decode(Int.self, forKey: .blocks)
        heads = try values.decode(Int.self, forKey: .heads)
        attentionFrames = try values.decode(Int.self, forKey: .attentionFrames)
        embeddingSize = try values.decode(Int.self, forKey: .embeddingSize)
        approximateQuerySize = try values.decodeIfPresent(Int.self, forKey: .approximateQuerySize) ?? 512
        sampleRate = try values.decodeIfPresent(Int.self, forKey: .sampleRate) ?? 16_000
        try validate()
    }
}
