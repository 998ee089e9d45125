/// How codes are drawn.
public struct SamplingSettings: Sendable, Equatable, Codable {
    /// What scores are divided by; 0 takes the most probable code.
    public var temperature: Double
    /// How many of the most probable codes may be drawn (more where several are equally probable); 0 for all.
    public var topK: Int
    /// The smallest set of most probable codes whose probabilities reach this sum may be drawn; 1 for all.
    public var topP: Double
    /// By how much the text pulls: scores are u + guidance (c - u), c with the text and u without. 1 is the text alone,
    /// 0 no text.
    public var guidance: Double

    public init(temperature: Double = 1, topK: Int = 250, topP: Double = 1, guidance: Double = 3) {
        (self.temperature, self.topK, self.topP, self.guidance) = (temperature, topK, topP, guidance)
    }

    /// The most probable code each time.
    public static let greedy = SamplingSettings(temperature: 0)

    /// - Throws: ``MusicGenerationError/invalidOption(name:value:allowed:)``.
    public func validate() throws {
        func require(_ holds: Bool, _ name: String, _ value: String, _ allowed: String) throws {
            guard holds else { throw MusicGenerationError.invalidOption(name: name, value: value, allowed: allowed) }
        }
        try require(temperature == 0 || (1e-6...1000).contains(temperature), "temperature", "\(temperature)", "0 or from 0.000001 to 1000")
        try require(topK >= 0, "top-k", "\(topK)", "0 (all) or more")
        try require(topP > 0 && topP <= 1, "top-p", "\(topP)", "above 0 and at most 1")
        try require((0...1000).contains(guidance), "guidance", "\(guidance)", "from 0 to 1000")
    }
}
