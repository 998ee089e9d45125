/// The truth about a scene: what is in it, from where, how loud.
public struct SceneRecipe: Codable, Sendable, Equatable {
    /// One talker in a mixture or an enrolment recording.
    public struct Talker: Codable, Sendable, Equatable {
        public var speaker: String
        /// Relative paths of what is said, in order.
        public var utterances: [String]
        /// Where the talker is, or is at first.
        public var direction: Direction
        /// Metres from the head; nil in a free field and in measured rooms.
        public var distance: Double?
        /// Seconds until the utterance begins.
        public var start: Double
        /// Of the dry utterance, in LUFS, before the clipping rule.
        public var loudness: Double
        public var motion: Motion?
        public var isTarget: Bool
    }

    /// The background.
    public struct Noise: Codable, Sendable, Equatable {
        public var recording: String
        public var directions: [Direction]
        /// In LUFS, before the clipping rule; the gain of the recipe is in it.
        public var loudness: Double
    }

    /// One recording at the ears.
    public struct Part: Codable, Sendable, Equatable {
        public var talkers: [Talker]
        public var noise: Noise?
        /// What everything was divided by so as not to clip.
        public var divisor: Double
        /// Decibels of the target over all else, over all ears together; nil where one of them is missing.
        public var snr: Double?
    }

    public var index: Int
    public var seed: UInt64
    public var sampleRate: Int
    public var channels: Int
    /// Who was enrolled.
    public var speaker: String
    /// Whether that talker is in the mixture.
    public var isTargetPresent: Bool
    /// The recording that the enrolment plays; the mixture has another one of the talker where there is one.
    public var enrollmentUtterance: String
    /// The name of the set of head-related responses.
    public var head: String
    /// "free field", "room" or the name of a measured one.
    public var space: String
    /// Seconds; 0 in a free field.
    public var reverberationTime: Double
    /// Metres; of simulated rooms only.
    public var roomDimensions: [Double]?
    public var mixture: Part
    /// Nil where none was rendered.
    public var enrollment: Part?
}
