/// How the presence of the target is judged; settings of an extractor's model.
public struct TargetPresenceSettings: Sendable, Hashable, Codable {
    /// Blocks of input quieter than this are pauses, in dB relative to full scale.
    public var activityFloor = -60.0
    /// Blocks quieter than the recent loudest by more than this are pauses too, in dB.
    public var activityRange = 25.0
    /// Time constant of the smoothing over active blocks, in seconds.
    public var smoothing = 1.0
    /// Ratio of output to input at which level alone leaves it open whether the target is there, in dB.
    public var levelThreshold = -12.0
    /// Log odds that a ratio 1 dB higher adds.
    public var levelSlope = 0.5
    /// Cosine between the voice and the output's vector that leaves it open.
    public var cosineThreshold = 0.65
    /// Log odds that a cosine higher by one adds.
    public var cosineSlope = 12.0
    /// Log odds that the running state must pass to change, on either side of zero.
    public var hysteresis = 0.5

    public init() {}

    func validate() throws {
        let limits: [(String, Double, ClosedRange<Double>)] = [
            ("activityFloor", activityFloor, -120...0), ("activityRange", activityRange, 1...120),
            ("smoothing", smoothing, 0.02...60), ("levelThreshold", levelThreshold, -80...20),
            ("levelSlope", levelSlope, 0...100), ("cosineThreshold", cosineThreshold, -1...1),
            ("cosineSlope", cosineSlope, 0...1000), ("hysteresis", hysteresis, 0...20),
        ]
        for (name, value, range) in limits where !range.contains(value) {
            throw TargetSpeechError.invalidSetting(
                name: name, value: "\(value)", fix: "it must be from \(range.lowerBound) to \(range.upperBound).")
        }
    }
}
