import Foundation
import Training

/// How scenes are drawn. The defaults are the published recipe for "Look once to hear" (B. Veluri et al., CHI 2024) where it
/// says something.
public struct SceneSettings: Codable, Sendable, Equatable {
    /// Length of mixture and target.
    public var seconds: Float = 5
    /// Length of the enrolment recording; no longer than its utterance takes.
    public var enrollmentSeconds: Float = 5
    /// Talkers in a scene, target included.
    public var fewestTalkers = 2
    public var mostTalkers = 3
    /// Seconds until a talker begins.
    public var start = Interval(0, 1)
    /// A talker goes on with another utterance where more than so many seconds would be left.
    public var largestGap: Float = 1.5
    /// Of each talker over the whole utterance, in LUFS.
    public var talkerLoudness = Interval(-10, 0)
    /// Of the background, in LUFS, before its gain.
    public var noiseLoudness: Float = -25
    /// Factor for the amplitude of the background.
    public var noiseGain = Interval(3, 10)
    /// Part of the scenes without background.
    public var noiseless: Float = 0
    /// Directions that the background comes from.
    public var noiseDirections = Interval(3, 6)
    /// Whether each of those directions has a stretch of the recording of its own; else all have the same one.
    public var noiseIsDecorrelated = true
    /// Part of the scenes without a target, whose target signal is silence.
    public var absent: Float = 0
    /// Whether there is one microphone instead of a head.
    public var isMono = false
    /// Decibels by which the target is above other talkers in the enrolment of one microphone, which has no front.
    public var monoAdvantage = Interval(6, 12)

    /// Part of the scenes in a free field.
    public var freeField: Float = 0.2
    /// Part of the other scenes in a measured room, where there are measurements.
    public var measuredRooms: Float = 0.2
    /// Of simulated rooms, in seconds.
    public var reverberationTime = Interval(0.1, 0.7)
    /// Sides of simulated rooms in metres.
    public var roomLength = Interval(3.5, 9)
    public var roomWidth = Interval(3, 7)
    public var roomHeight = Interval(2.4, 3.6)
    /// From the head to a talker, in metres; less where a wall is nearer.
    public var distance = Interval(0.5, 2.5)
    /// Of talkers, in degrees.
    public var elevation = Interval(-20, 30)

    /// Degrees from straight ahead: the target at most so far while it is enrolled, the others at least so far.
    public var frontTolerance: Float = 10
    public var sideClearance: Float = 15

    /// Part of the scenes in which the talkers move after the enrolment.
    public var moving: Float = 0
    /// The ways in which they do, equally likely.
    public var motions = Motion.allCases

    public init() {}

    /// The defaults with a JSON file on top; what it leaves out keeps its default.
    ///
    /// - Throws: `TrainingError` naming the file and the key that is unknown, of the wrong type or out of range.
    public init(reading path: String) throws {
        self = try StrictSettings.read(path, over: SceneSettings()) { try $0.validate() }
    }

    /// - Throws: `SceneError.invalidSetting` naming the first setting out of range.
    public func validate() throws {
        func require(_ holds: Bool, _ name: String, _ value: Any, _ fix: String) throws {
            guard holds else { throw SceneError.invalidSetting(name: name, value: "\(value)", fix: fix) }
        }
        func share(_ value: Float, _ name: String) throws {
            try require((0...1).contains(value), name, value, "it must be from 0 to 1")
        }
        func within(_ value: Interval, _ name: String, _ range: ClosedRange<Float>) throws {
            try require(
                range.contains(value.lower) && range.contains(value.upper) && value.lower <= value.upper, name,
                "[\(value.lower), \(value.upper)]", "it must be two rising numbers from \(range.lowerBound) to \(range.upperBound)")
        }
        try require((0.5...3600).contains(seconds), "seconds", seconds, "it must be from 0.5 to 3600")
        try require((0.5...60).contains(enrollmentSeconds), "enrollmentSeconds", enrollmentSeconds, "it must be from 0.5 to 60")
        try require((1...8).contains(fewestTalkers), "fewestTalkers", fewestTalkers, "it must be from 1 to 8")
        try require(
            (fewestTalkers...8).contains(mostTalkers), "mostTalkers", mostTalkers, "it must be from fewestTalkers (\(fewestTalkers)) to 8")
        try within(start, "start", 0...3600)
        try require(largestGap > 0, "largestGap", largestGap, "it must be above 0")
        try within(talkerLoudness, "talkerLoudness", -69...20)
        try require((-69...20).contains(noiseLoudness), "noiseLoudness", noiseLoudness, "it must be from -69 to 20")
        try within(noiseGain, "noiseGain", 0...1000)
        try within(noiseDirections, "noiseDirections", 1...64)
        try within(monoAdvantage, "monoAdvantage", -60...60)
        try share(noiseless, "noiseless")
        try share(absent, "absent")
        try share(moving, "moving")
        try share(freeField, "freeField")
        try share(measuredRooms, "measuredRooms")
        try within(reverberationTime, "reverberationTime", 0.05...5)
        try within(roomLength, "roomLength", 2...50)
        try within(roomWidth, "roomWidth", 2...50)
        try within(roomHeight, "roomHeight", 2...20)
        try within(distance, "distance", 0.2...20)
        try within(elevation, "elevation", -60...60)
        try require((0...90).contains(frontTolerance), "frontTolerance", frontTolerance, "it must be from 0 to 90")
        try require((0...170).contains(sideClearance), "sideClearance", sideClearance, "it must be from 0 to 170")
        try require(moving == 0 || !motions.isEmpty, "motions", "empty", "name at least one of linear, arcs, jitter")
    }
}
