import Foundation

/// Speech with noise and what an enhancer should make of it. Both have the same length and scale.
public struct Mixture: Sendable {
    public var noisy: [Float]
    public var clean: [Float]
    public var recipe: MixtureRecipe

    /// These samples up to `position`, then those of `other`, which is as long.
    func followed(by other: Mixture, at position: Int) -> Mixture {
        var recipe = recipe
        recipe.sceneChange = position
        return Mixture(
            noisy: Array(noisy[..<position]) + other.noisy[position...],
            clean: Array(clean[..<position]) + other.clean[position...],
            recipe: recipe)
    }
}

/// How a mixture came about, for manifests and tests; of one with two scenes, how the first did.
public struct MixtureRecipe: Codable, Sendable, Equatable {
    public enum NoiseKind: String, Codable, Sendable {
        case none, recording, twoRecordings, babble, coloured
    }

    /// The talker, or `nil` in a mixture without speech.
    public var speaker: String?
    public var utterances: [String] = []
    public var noiseKind = NoiseKind.none
    public var noises: [String] = []
    /// Active speech level over noise level in dB, or `nil` where one of the two is missing.
    public var snr: Float?
    /// Active speech level in dB below full scale.
    public var level: Float = 0
    public var speed: Float = 1
    /// Which of the simulated rooms, or `nil` for none.
    public var room: Int?
    public var isFiltered = false
    public var isBandLimited = false
    /// The sample at which a second scene begins.
    public var sceneChange: Int?
}
