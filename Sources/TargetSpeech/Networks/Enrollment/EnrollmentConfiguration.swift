/// Sizes of the network that tells the voice in front from a noisy recording.
///
/// The names in JSON are those of the published system (Veluri et al., "Look Once to Hear", CHI 2024) and of the TF-GridNet
/// below it; those that the published settings leave out may be absent, and `model_params` may enclose them all.
public struct EnrollmentConfiguration: Codable, Equatable, Sendable {
    /// In Hz.
    public var sampleRate = 16_000
    /// Channels of the recording, 1 or 2.
    public var microphones = 2
    /// Samples of a frame's window (`n_fft`).
    public var windowLength = 128
    /// Samples between two frames (`stride`).
    public var hop = 64
    /// Features of each bin (`emb_dim`).
    public var width = 64
    /// Units of each direction of each LSTM.
    public var hidden = 64
    public var blocks = 3
    /// Attention heads, a divisor of `width`.
    public var heads = 4
    /// About how many features of all bins a query and a key have together; see `queryWidth`.
    public var approximateQuerySize = 512
    /// Neighbours that make one step of an LSTM, and the distance between two steps (`emb_ks`, `emb_hs`).
    public var stretch = 4, stretchHop = 1
    public var embeddingSize = 256
    /// What keeps normalisations from dividing by zero.
    public var epsilon: Float = 1e-5

    /// The published enrolment network.
    public init() {}

    public var binCount: Int { windowLength / 2 + 1 }
    /// Features of one bin in a head's queries and keys (E).
    public var queryWidth: Int { (approximateQuerySize + binCount - 1) / binCount }
    /// Features of one bin in a head's values.
    public var valueWidth: Int { width / heads }
    /// The shortest recording in samples: the ends are mirrored.
    public var minimumLength: Int { windowLength / 2 + 1 }

    /// Throws `TargetSpeechError.invalidSetting` unless the network can be built.
    public func validate() throws {
        let limits: [(CodingKeys, Int, ClosedRange<Int>)] = [
            (.sampleRate, sampleRate, 8_000...192_000), (.microphones, microphones, 1...2),
            (.windowLength, windowLength, 4...8_192), (.hop, hop, 1...max(1, windowLength)), (.width, width, 1...1_024),
            (.hidden, hidden, 1...1_024), (.blocks, blocks, 1...64), (.heads, heads, 1...max(1, width)),
            (.approximateQuerySize, approximateQuerySize, 1...65_536), (.stretch, stretch, 1...max(1, binCount)),
            (.stretchHop, stretchHop, 1...max(1, stretch)), (.embeddingSize, embeddingSize, 1...65_536),
        ]
        for (key, value, range) in limits where !range.contains(value) {
            throw Self.invalid(key, value, "it must be from \(range.lowerBound) to \(range.upperBound)")
        }
        guard windowLength.isMultiple(of: 2) else { throw Self.invalid(.windowLength, windowLength, "it must be even") }
        guard width.isMultiple(of: heads) else {
            throw Self.invalid(.heads, heads, "it must divide \(CodingKeys.width.rawValue), \(width)")
        }
        guard epsilon > 0, epsilon < 1 else {
            throw TargetSpeechError.invalidSetting(
                name: CodingKeys.epsilon.rawValue, value: "\(epsilon)", fix: "it must be between 0 and 1.")
        }
    }

    private static func invalid(_ key: CodingKeys, _ value: Int, _ fix: String) -> TargetSpeechError {
        .invalidSetting(name: key.rawValue, value: "\(value)", fix: fix + ".")
    }
}

extension EnrollmentConfiguration {
    enum CodingKeys: String, CodingKey {
        case sampleRate = "sample_rate"
        case microphones = "num_ch"
        case windowLength = "n_fft"
        case hop = "stride"
        case width = "emb_dim"
        case hidden = "lstm_hidden_units"
        case blocks = "num_blocks"
        case heads = "attn_n_head"
        case approximateQuerySize = "attn_approx_qk_dim"
        case stretch = "emb_ks"
        case stretchHop = "emb_hs"
        case embeddingSize = "embed_dim"
        case epsilon = "eps"
    }

    private enum Enclosing: String, CodingKey { case parameters = "model_params" }

    /// Throws `TargetSpeechError.invalidSetting` where a value is impossible.
    public init(from decoder: any Decoder) throws {
        let enclosing = try decoder.container(keyedBy: Enclosing.self)
        if enclosing.contains(.parameters) {
            self = try enclosing.decode(Self.self, forKey: .parameters)
            return
        }
        let values = try decoder.container(keyedBy: CodingKeys.self)
        embeddingSize = try values.decode(Int.self, forKey: .embeddingSize)
        microphones = try values.decode(Int.self, forKey: .microphones)
        windowLength = try values.decode(Int.self, forKey: .windowLength)
        hop = try values.decode(Int.self, forKey: .hop)
        blocks = try values.decode(Int.self, forKey: .blocks)
        width = try values.decodeIfPresent(Int.self, forKey: .width) ?? width
        hidden = try values.decodeIfPresent(Int.self, forKey: .hidden) ?? hidden
        heads = try values.decodeIfPresent(Int.self, forKey: .heads) ?? heads
        approximateQuerySize = try values.decodeIfPresent(Int.self, forKey: .approximateQuerySize) ?? approximateQuerySize
        stretch = try values.decodeIfPresent(Int.self, forKey: .stretch) ?? stretch
        stretchHop = try values.decodeIfPresent(Int.self, forKey: .stretchHop) ?? stretchHop
        epsilon = try values.decodeIfPresent(Float.self, forKey: .epsilon) ?? epsilon
        sampleRate = try values.decodeIfPresent(Int.self, forKey: .sampleRate) ?? sampleRate
        try validate()
    }
}
