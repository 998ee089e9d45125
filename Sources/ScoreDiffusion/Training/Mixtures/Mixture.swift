import Foundation

/// Speech with noise and what an enhancer should make of it. Both have the same length and scale.
public struct Mixture: Sendable {
    public var noisy: [Float]
    public var clean: [Float]
    public var recipe: MixtureRecipe
}

/// How a mixture came about, for manifests and tests.
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
}
