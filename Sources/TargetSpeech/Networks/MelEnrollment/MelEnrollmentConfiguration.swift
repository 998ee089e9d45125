/// Sizes of the light enrolment network, `MelEnrollmentNetwork`, which hears with two ears.
public struct MelEnrollmentConfiguration: Codable, Equatable, Sendable {
    /// What tells these settings from those of other enrolment networks in a model file.
    public static let family = "mel-recurrent"

    public var family = Self.family
    /// In Hz.
    public var sampleRate = 16_000
    /// Samples from one frame to the next; a frame is two hops long.
    public var hopLength = 256
    /// Mel bands of the features.
    public var bands = 40
    /// Units of each direction of each GRU.
    public var hidden = 128
    /// Bidirectional GRUs on top of each other.
    public var layers = 2
    public var embeddingSize = 256

    public init() {}

    public var microphones: Int { 2 }
    /// The shortest recording in samples.
    public var minimumLength: Int { 2 * hopLength }

    public var parameterCount: Int {
        let input = (MelEnrollmentFeatures.perBand * bands + 1) * hidden
        let recurrent = (0..<layers).reduce(0) { $0 + 2 * 3 * hidden * (($1 == 0 ? hidden : 2 * hidden) + hidden + 2) }
        return input + recurrent + 2 * hidden + 1 + (2 * hidden + 1) * embeddingSize
    }

    /// Throws `TargetSpeechError.invalidSetting` unless the network can be built.
    public func validate() throws {
        guard family == Self.family else {
            throw TargetSpeechError.invalidSetting(name: "family", value: family, fix: "the only one is \(Self.family).")
        }
        let limits: [(String, Int, ClosedRange<Int>)] = [
            ("sampleRate", sampleRate, 8_000...192_000), ("hopLength", hopLength, 16...4_096), ("bands", bands, 4...128),
            ("hidden", hidden, 1...2_048), ("layers", layers, 1...16), ("embeddingSize", embeddingSize, 1...65_536),
        ]
        for (name, value, range) in limits where !range.contains(value) {
            throw TargetSpeechError.invalidSetting(
                name: name, value: "\(value)", fix: "it must be from \(range.lowerBound) to \(range.upperBound).")
        }
    }
}
