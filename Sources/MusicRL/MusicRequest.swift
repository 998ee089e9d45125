import AudioDSP

/// What music is to be made.
public struct MusicRequest: Sendable {
    /// A description; without words it is the null condition: music as the model knows it, from no text.
    public var prompt: String
    /// Of new music.
    public var seconds: Double
    /// One for each clip. The same seed gives the same clip, alone or beside others.
    public var seeds: [UInt64]
    public var sampling: SamplingSettings
    /// A recording that the clips begin with, as the codec renders it, and continue.
    public var start: AudioBuffer?

    public init(
        prompt: String, seconds: Double, seeds: [UInt64], sampling: SamplingSettings = .init(), start: AudioBuffer? = nil
    ) {
        (self.prompt, self.seconds, self.seeds, self.sampling, self.start) = (prompt, seconds, seeds, sampling, start)
    }

    public static let longestDuration = 3600.0

    /// - Throws: ``MusicGenerationError/invalidOption(name:value:allowed:)``.
    public func validate() throws {
        guard seconds > 0, seconds <= Self.longestDuration else {
            throw MusicGenerationError.invalidOption(
                name: "duration", value: "\(seconds)", allowed: "above 0 and at most \(Int(Self.longestDuration)) seconds")
        }
        guard (1...64).contains(seeds.count) else {
            throw MusicGenerationError.invalidOption(name: "number of clips", value: "\(seeds.count)", allowed: "from 1 to 64")
        }
        try sampling.validate()
    }
}
