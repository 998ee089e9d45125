import SpectralNetworks

/// Sizes of the light extractor, `BandSplitExtractor`, which hears with two ears.
public struct BandSplitConfiguration: Codable, Equatable, Sendable {
    /// What tells these settings from those of other extractors in a model file.
    public static let family = "band-split"

    public var family = Self.family
    /// In Hz.
    public var sampleRate = 16_000
    /// Samples between two frames, and those that one step takes and gives; a frame is two chunks long.
    public var chunkLength = 256
    /// Features of each band.
    public var channels = 48
    /// Units of each direction of the GRUs across bands; those across frames have twice as many.
    public var hidden = 24
    /// Dual-path blocks.
    public var blocks = 4
    /// Elements of a voice's embedding.
    public var embeddingSize = 256
    /// Features that the voice is reduced to before it steers the blocks.
    public var voiceWidth = 64

    public init() {}

    public var microphones: Int { 2 }
    public var outputs: Int { 2 }
    public var binCount: Int { chunkLength + 1 }

    /// Numbers that are trained.
    public var parameterCount: Int {
        let bands = bandWidths(bins: binCount).count, filters = 2 * 2 * BandSplitExtractor.termsPerBin
        let split = BinauralFeatures.perBin * binCount * channels + bands * channels
        let voice = (embeddingSize + 1) * voiceWidth
        let gate = (voiceWidth + 1) * 2 * bands * channels
        let around = 2 * channels + 2 * hidden * channels + channels
        let acrossBands = 2 * 3 * hidden * (channels + hidden + 2)
        let acrossFrames = 3 * 2 * hidden * (channels + 2 * hidden + 2)
        let head = 2 * channels + 2 * channels * channels + 2 * channels
        let masks = (2 * channels + 1) * filters * binCount
        return split + voice + blocks * (gate + 2 * around + acrossBands + acrossFrames) + head + masks
    }

    /// Throws `TargetSpeechError.invalidSetting` unless the network can be built.
    public func validate() throws {
        guard family == Self.family else {
            throw TargetSpeechError.invalidSetting(name: "family", value: family, fix: "the only one is \(Self.family).")
        }
        let limits: [(String, Int, ClosedRange<Int>)] = [
            ("sampleRate", sampleRate, 8_000...192_000), ("chunkLength", chunkLength, 16...4_096),
            ("channels", channels, 1...1_024), ("hidden", hidden, 1...1_024), ("blocks", blocks, 1...64),
            ("embeddingSize", embeddingSize, 1...65_536), ("voiceWidth", voiceWidth, 1...4_096),
        ]
        for (name, value, range) in limits where !range.contains(value) {
            throw TargetSpeechError.invalidSetting(
                name: name, value: "\(value)", fix: "it must be from \(range.lowerBound) to \(range.upperBound).")
        }
    }
}
