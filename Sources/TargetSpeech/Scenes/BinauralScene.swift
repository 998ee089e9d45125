/// A mixture of talkers and noise as two ears hear it, what should be left of it, and the recording that says of whom.
public struct BinauralScene: Sendable {
    /// `[ears][samples]`, peaking at 1 at most.
    public var mixture: [[Float]]
    /// The target as the ears hear it, with its room, at its level in the mixture; zero where the target is absent.
    public var target: [[Float]]
    /// A noisy recording in which the enrolled talker is in front, `[ears][samples]`.
    public var enrollment: [[Float]]
    /// The enrolled talker's dry utterance, whole, at an arbitrary level.
    public var enrollmentClean: [Float]
    public var recipe: SceneRecipe
    /// Everybody in the mixture as heard there, the target first where it is present.
    var voices: [HeardVoice] = []

    /// One talker's part of a mixture.
    struct HeardVoice: Sendable {
        var talker: Int
        /// `[ears][samples]`
        var heard: [[Float]]
    }
}
