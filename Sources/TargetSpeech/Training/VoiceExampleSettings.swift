import NeuralCore
import Training

/// What training does to the ears and the voices of scenes.
public struct VoiceExampleSettings: Codable, Sendable, Equatable {
    /// Part of the examples in which both ears hear what the left one does, as from one microphone.
    public var oneEar: Float = 0
    /// Part of an extractor's examples whose voice comes from the noisy enrolment, where there is a network for it; the
    /// others have that of the clean utterance.
    public var enrolled: Float = 0.7
    /// Voices that are asked of every training scene of an extractor, one after the other: the target, then others in it.
    public var perScene = 1
    /// Length of the noise that is added to the voice of an extractor's example, which has length one.
    public var noise: Float = 0

    public init() {}

    /// - Throws: `TrainingError.invalidSetting`.
    public func validate() throws {
        for (name, value) in [("oneEar", oneEar), ("enrolled", enrolled)] where !(0...1).contains(value) {
            throw TrainingError.invalidSetting("voices.\(name)", "must be from 0 to 1, not \(value)")
        }
        guard (1...8).contains(perScene) else {
            throw TrainingError.invalidSetting("voices.perScene", "must be from 1 to 8, not \(perScene)")
        }
        guard (0...10).contains(noise) else {
            throw TrainingError.invalidSetting("voices.noise", "must be from 0 to 10, not \(noise)")
        }
    }

    /// `vector` with noise in a random direction, of length one again.
    func disturb(_ vector: [Float], using random: inout Philox) -> [Float] {
        guard noise > 0 else { return vector }
        let scale = noise / Float(vector.count).squareRoot()
        let disturbed = vector.map { $0 + scale * random.nextGaussian() }
        let length = disturbed.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return length > 0 ? disturbed.map { $0 / length } : vector
    }
}
