import Foundation
import Training

/// How training examples are drawn. Probabilities are from 0 to 1, levels in dB, times in seconds.
public struct MixtureSettings: Codable, Sendable, Equatable {
    /// What the network learns to give back of reverberant speech.
    public enum RoomTarget: String, Codable, Sendable {
        /// The direct sound alone.
        case dry
        /// The direct sound with the first 50 ms of reflections.
        case early
    }

    /// Length of an example.
    public var seconds: Float = 2
    /// Active speech level over noise level.
    public var snr = Interval(-5, 20)
    /// Active speech level of the mixture in dB below full scale.
    public var level = Interval(-40, -15)
    /// Playback speed of the speech (pitch and tempo together).
    public var speechSpeed = Interval(0.9, 1.1)
    /// Playback speed of the noise.
    public var noiseSpeed = Interval(0.8, 1.25)
    /// Share of examples whose speech, or noise, passes a random gentle filter.
    public var filtering: Float = 0.5
    /// Share of examples limited to a narrower band, 3.4 kHz to 7 kHz.
    public var bandLimiting: Float = 0.05
    /// Share of examples whose noise is several other training speakers at once.
    public var babble: Float = 0.12
    /// Talkers in babble.
    public var babbleTalkers = Interval(4, 8)
    /// Share of examples with a synthetic stationary noise of random colour.
    public var colouredNoise: Float = 0.05
    /// Share of examples with a second noise recording on top.
    public var secondNoise: Float = 0.25
    /// Level of the second noise against the first.
    public var secondNoiseLevel = Interval(-12, 6)
    /// Share of examples without any noise.
    public var clean: Float = 0.03
    /// Share of examples without any speech, whose target is silence.
    public var noiseOnly: Float = 0
    /// Share of examples that go over from one scene to another at a random moment, so that what a network remembers of
    /// the past ends with it.
    public var sceneChange: Float = 0
    /// Share of examples inside a simulated room, where rooms were asked for.
    public var rooms: Float = 0.4
    public var roomTarget = RoomTarget.early
    /// Reverberation times of the simulated rooms.
    public var reverberationTime = Interval(0.12, 0.7)
    /// From the talker to the microphone in metres.
    public var talkerDistance = Interval(0.3, 2.5)

    public init() {}

    /// Throws ``TrainingError/invalidSetting(_:_:)`` naming the first value out of range.
    public func validate() throws {
        func check(_ holds: Bool, _ name: String, _ message: String) throws {
            guard holds else { throw TrainingError.invalidSetting("mixtures.\(name)", message) }
        }
        func check(_ interval: Interval, _ name: String, within bounds: ClosedRange<Float>) throws {
            try check(
                interval.lower <= interval.upper && bounds.contains(interval.lower) && bounds.contains(interval.upper), name,
                "must be [lower, upper] between \(bounds.lowerBound) and \(bounds.upperBound), not [\(interval.lower), \(interval.upper)]")
        }
        try check((0.25...60).contains(seconds), "seconds", "must be from 0.25 to 60, not \(seconds)")
        try check(snr, "snr", within: -60...100)
        try check(level, "level", within: -90 ... -3)
        try check(speechSpeed, "speechSpeed", within: 0.5...2)
        try check(noiseSpeed, "noiseSpeed", within: 0.5...2)
        try check(babbleTalkers, "babbleTalkers", within: 1...32)
        try check(secondNoiseLevel, "secondNoiseLevel", within: -60...60)
        try check(reverberationTime, "reverberationTime", within: 0.05...3)
        try check(talkerDistance, "talkerDistance", within: 0.1...8)
        let shares = [
            ("filtering", filtering), ("bandLimiting", bandLimiting), ("babble", babble), ("colouredNoise", colouredNoise),
            ("secondNoise", secondNoise), ("clean", clean), ("noiseOnly", noiseOnly), ("sceneChange", sceneChange),
            ("rooms", rooms),
        ]
        for (name, share) in shares { try check((0...1).contains(share), name, "must be from 0 to 1, not \(share)") }
        try check(babble + colouredNoise <= 1, "babble", "and mixtures.colouredNoise add up to \(babble + colouredNoise), more than 1")
        try check(clean + noiseOnly <= 1, "clean", "and mixtures.noiseOnly add up to \(clean + noiseOnly), more than 1")
    }
}
