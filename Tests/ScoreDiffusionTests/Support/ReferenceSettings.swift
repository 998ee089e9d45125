import NeuralCore
import TestSupport
import Testing

@testable import ScoreDiffusion

struct UnknownSetting: Error {
    var name: String
    var value: JSONValue
}

extension OUVESDE {
    /// From the names of the reference, with its defaults.
    init(reference settings: JSONValue) throws {
        self.init(
            theta: settings["theta"].double ?? 1.5, sigmaMin: settings["sigma_min"].double ?? 0.05,
            sigmaMax: settings["sigma_max"].double ?? 0.5)
    }
}

extension SchroedingerBridgeVE {
    init(reference settings: JSONValue) throws {
        self.init(
            k: settings["k"].double ?? 2.6, c: settings["c"].double ?? 0.4, epsilon: settings["eps"].double ?? 1e-8)
    }
}

extension PredictorCorrectorSampler {
    init(reference settings: JSONValue) throws {
        let snr = settings["snr"].double ?? 0.5, repetitions = settings["corrector_steps"].int ?? 1
        let predictor: PredictorChoice = switch settings["predictor"].string ?? "reverse_diffusion" {
        case "reverse_diffusion": .reverseDiffusion
        case "euler_maruyama": .eulerMaruyama
        case "none": .none
        default: throw UnknownSetting(name: "predictor", value: settings["predictor"])
        }
        let corrector: CorrectorChoice = switch settings["corrector"].string ?? "ald" {
        case "ald": .annealedLangevin(snr: snr, steps: repetitions)
        case "langevin": .langevin(snr: snr, steps: repetitions)
        case "none": .none
        default: throw UnknownSetting(name: "corrector", value: settings["corrector"])
        }
        self.init(
            predictor: predictor, corrector: corrector, stepCount: settings["N"].int ?? 30,
            endTime: settings["eps"].double ?? 0.03, denoises: settings["denoise"].bool ?? true)
    }
}

extension SpectrogramTransform.Configuration {
    init(reference settings: JSONValue) throws {
        let factor = settings["spec_factor"].double ?? 0.15
        let compression: AmplitudeCompression = switch settings["transform_type"].string ?? "exponent" {
        case "exponent": .power(exponent: settings["spec_abs_exponent"].double ?? 0.5, factor: factor)
        case "log": .logarithm(factor: factor)
        case "none": .none
        default: throw UnknownSetting(name: "transform_type", value: settings["transform_type"])
        }
        self.init(
            nFFT: settings["n_fft"].int ?? 510, hopLength: settings["hop_length"].int ?? 128,
            window: settings["window"].string == "sqrthann" ? .sqrtHann : .hann, compression: compression)
    }
}
