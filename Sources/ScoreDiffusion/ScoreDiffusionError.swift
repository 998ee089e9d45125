import Foundation

/// What can go wrong while a diffusion model is built or run.
public enum ScoreDiffusionError: LocalizedError, Equatable {
    case noiseExhausted(draws: Int)
    case noiseShape(draw: Int, shape: [Int], needed: [Int])
    case invalidSampler(String)
    case invalidProcess(String)
    /// An adaptive solver found no step that is short enough.
    case unsolvable(time: Double)
    case invalidNetwork(String)
    case invalidTransform(String)
    case recordingTooShort(frames: Int, needed: Int)
    /// A setting of a model by its published name.
    case invalidSetting(name: String, value: String, wanted: String)
    /// A wish about the sampler that a model cannot have.
    case unsuitableOption(String, reason: String)

    public var errorDescription: String? {
        switch self {
        case .noiseExhausted(let draws):
            "The recorded noise has only \(draws) draws and the sampler needs more. Use fewer steps or record more noise."
        case .noiseShape(let draw, let shape, let needed):
            "Draw \(draw) of the recorded noise has shape \(shape) and the state has shape \(needed)."
        case .invalidSampler(let reason):
            "These sampler settings cannot run: \(reason)."
        case .invalidProcess(let reason):
            "This diffusion process cannot run: \(reason)."
        case .unsolvable(let time):
            "The solver found no step short enough at diffusion time \(time). Use larger tolerances or fixed steps."
        case .invalidNetwork(let reason):
            "This network cannot be built: \(reason)."
        case .invalidTransform(let reason):
            "This spectrogram transform cannot be used: \(reason)."
        case .invalidSetting(let name, let value, let wanted):
            "The setting \(name) is \(value) and must be \(wanted)."
        case .unsuitableOption(let option, let reason):
            "--\(option) does not fit the model: \(reason)."
        case .recordingTooShort(let frames, let needed):
            "The recording has \(frames) frames and the transform needs at least \(needed). Pass a longer recording."
        }
    }
}
