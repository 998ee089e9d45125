import NeuralCore
import TestSupport

@testable import ScoreDiffusion

extension NCSNppConfiguration {
    /// From the names of the reference; the backbone decides the defaults.
    init(reference settings: JSONValue) throws {
        switch settings["backbone"].string ?? "ncsnpp" {
        case "ncsnpp": self = .ncsnpp
        case "ncsnpp_48k": self = .ncsnpp48k
        case "ncsnpp_v2": self = .ncsnppV2
        default: throw UnknownSetting(name: "backbone", value: settings["backbone"])
        }
        baseChannels = settings["nf"].int ?? baseChannels
        channelMultipliers = settings["ch_mult"].ints ?? channelMultipliers
        blocksPerLevel = settings["num_res_blocks"].int ?? blocksPerLevel
        attentionResolutions = settings["attn_resolutions"].ints ?? attentionResolutions
        imageSize = settings["image_size"].int ?? imageSize
        rescalesSkips = settings["skip_rescale"].bool ?? rescalesSkips
        inputIsCentered = settings["centered"].bool ?? inputIsCentered
        resamplesWithConvolution = settings["resamp_with_conv"].bool ?? resamplesWithConvolution
        if settings["scale_by_sigma"].bool == false { timeDivision = .none }
        if settings["fir"].bool == false { firKernel = nil }
        if let kernel = settings["fir_kernel"].doubles { firKernel = kernel.map(Float.init) }
        func choice<Value>(_ name: String, _ values: [String: Value], _ current: Value) throws -> Value {
            guard let text = settings[name].string else { return current }
            guard let value = values[text] else { throw UnknownSetting(name: name, value: settings[name]) }
            return value
        }
        blockKind = try choice("resblock_type", ["biggan": .bigGAN, "ddpm": .ddpm], blockKind)
        progressiveInput = try choice(
            "progressive_input", ["none": .none, "input_skip": .skip, "residual": .residual], progressiveInput)
        progressiveOutput = try choice("progressive", ["none": .none, "output_skip": .skip], progressiveOutput)
        combination = try choice("progressive_combine", ["sum": .sum, "cat": .cat], combination)
        activation = try choice(
            "nonlinearity", ["swish": .swish, "elu": .elu, "relu": .relu, "lrelu": .leakyReLU], activation)
    }
}

extension Preconditioning {
    init(reference settings: JSONValue) throws {
        self.init()
        func choice<Value>(_ name: String, _ values: [String: Value]) throws -> Value {
            guard let value = values[settings[name].string ?? ""] else {
                throw UnknownSetting(name: name, value: settings[name])
            }
            return value
        }
        networkScaling = try choice("network_scaling", ["": .none, "1/sigma": .inverseDeviation, "1/t": .inverseTime])
        input = try choice("c_in", ["1": .one, "edm": .edm])
        output = try choice("c_out", ["1": .one, "sigma": .deviation, "1/sigma": .inverseDeviation, "edm": .edm])
        skip = try choice("c_skip", ["0": .zero, "edm": .edm])
        sigmaData = settings["sigma_data"].double ?? 0.1
    }
}
