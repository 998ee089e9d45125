/// What an example of a voice must be.
public struct EnrollmentSettings: Sendable, Hashable, Codable {
    /// Speech that an example must hold, in seconds.
    public var leastSpeech = 1.0
    /// Of longer examples the stretch of this many seconds with the most speech is taken.
    public var longestExample = 30.0
    /// Level below which an example is silence, in dB relative to full scale.
    public var silenceLevel = -75.0
    /// Lead and trail kept before the first and after the last speech, in seconds.
    public var margin = 0.3

    public init() {}

    func validate() throws {
        let limits: [(String, Double, ClosedRange<Double>)] = [
            ("leastSpeech", leastSpeech, 0.1...60), ("longestExample", longestExample, 1...3600),
            ("silenceLevel", silenceLevel, -200 ... -20), ("margin", margin, 0...10),
        ]
        for (name, value, range) in limits where !range.contains(value) {
            throw TargetSpeechError.invalidSetting(
                name: name, value: "\(value)", fix: "it must be from \(range.lowerBound) to \(range.upperBound).")
        }
        guard leastSpeech <= longestExample else {
            throw TargetSpeechError.invalidSetting(
                name: "leastSpeech", value: "\(leastSpeech)", fix: "it must not exceed longestExample.")
        }
    }
}
