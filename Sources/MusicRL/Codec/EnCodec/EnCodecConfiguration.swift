import Foundation
import ModelLibrary
import NeuralCore

/// Settings of an EnCodec network, by their published names in `config.json`. What is missing has the published default.
///
/// A. Défossez et al., "High fidelity neural audio compression", TMLR 2023.
public struct EnCodecConfiguration: Codable, Sendable, Equatable {
    /// In Hz.
    public var samplingRate = 24000
    public var audioChannels = 1
    /// Channels at the sample rate; they double with every reduction.
    public var filters = 32
    /// Size of the vectors that are quantised.
    public var hiddenSize = 128
    public var codebookSize = 1024
    public var kernelSize = 7
    public var lastKernelSize = 7
    public var residualKernelSize = 3
    public var residualLayers = 1
    public var dilationGrowthRate = 2
    /// By how much residual blocks narrow.
    public var compress = 2
    public var recurrentLayers = 2
    /// In the decoder's order.
    public var upsamplingRatios = [8, 5, 4, 2]
    public var isCausal = true
    public var padMode = "reflect"
    /// Whether residual blocks have a convolution in their shortcut.
    public var hasConvolvedShortcut = true
    public var trimRightRatio = 1.0

    public init() {}

    enum CodingKeys: String, CodingKey {
        case samplingRate = "sampling_rate", audioChannels = "audio_channels", filters = "num_filters"
        case hiddenSize = "hidden_size", codebookSize = "codebook_size", kernelSize = "kernel_size"
        case lastKernelSize = "last_kernel_size", residualKernelSize = "residual_kernel_size"
        case residualLayers = "num_residual_layers", dilationGrowthRate = "dilation_growth_rate", compress
        case recurrentLayers = "num_lstm_layers", upsamplingRatios = "upsampling_ratios", isCausal = "use_causal_conv"
        case padMode = "pad_mode", hasConvolvedShortcut = "use_conv_shortcut", trimRightRatio = "trim_right_ratio"
    }

    private enum FixedKeys: String, CodingKey {
        case codebookDimension = "codebook_dim", norm = "norm_type", normalizes = "normalize", chunk = "chunk_length_s"
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        func read<Value: Decodable>(_ key: CodingKeys, into value: inout Value) throws {
            if let found = try values.decodeIfPresent(Value.self, forKey: key) { value = found }
        }
        try read(.samplingRate, into: &samplingRate)
        try read(.audioChannels, into: &audioChannels)
        try read(.filters, into: &filters)
        try read(.hiddenSize, into: &hiddenSize)
        try read(.codebookSize, into: &codebookSize)
        try read(.kernelSize, into: &kernelSize)
        try read(.lastKernelSize, into: &lastKernelSize)
        try read(.residualKernelSize, into: &residualKernelSize)
        try read(.residualLayers, into: &residualLayers)
        try read(.dilationGrowthRate, into: &dilationGrowthRate)
        try read(.compress, into: &compress)
        try read(.recurrentLayers, into: &recurrentLayers)
        try read(.upsamplingRatios, into: &upsamplingRatios)
        try read(.isCausal, into: &isCausal)
        try read(.padMode, into: &padMode)
        try read(.hasConvolvedShortcut, into: &hasConvolvedShortcut)
        try read(.trimRightRatio, into: &trimRightRatio)
        try refuseOtherNetworks(decoder)
        try validate()
    }

    /// The settings in a `config.json`; `path` is what errors call it.
    ///
    /// - Throws: `ModelError.invalidSettings`.
    public init(_ settings: JSONValue, path: String) throws {
        do {
            self = try JSONDecoder().decode(Self.self, from: Data(settings.text.utf8))
        } catch let error as DecodingError {
            throw ModelError.invalidSettings(path: path, error)
        } catch let error as CodecError {
            throw ModelError.invalidSettings(path: path, reason: error.localizedDescription)
        }
    }

    /// Samples of a frame.
    public var hopLength: Int { upsamplingRatios.reduce(1, *) }
    var edges: EdgeMode { padMode == "constant" ? .constant : .reflect }

    private func refuseOtherNetworks(_ decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: FixedKeys.self)
        if let norm = try values.decodeIfPresent(String.self, forKey: .norm), norm != "weight_norm" {
            throw CodecError.invalidSetting(
                name: "norm_type", value: norm, fix: "only networks with weight_norm can be used (24 and 32 kHz), not the one for 48 kHz")
        }
        if try values.decodeIfPresent(Bool.self, forKey: .normalizes) == true {
            throw CodecError.invalidSetting(name: "normalize", value: "true", fix: "only networks without it can be used")
        }
        if let chunk = try values.decodeIfPresent(Double.self, forKey: .chunk) {
            throw CodecError.invalidSetting(name: "chunk_length_s", value: "\(chunk)", fix: "only networks without it can be used")
        }
        if let size = try values.decodeIfPresent(Int.self, forKey: .codebookDimension), size != hiddenSize {
            throw CodecError.invalidSetting(name: "codebook_dim", value: "\(size)", fix: "it must be hidden_size, \(hiddenSize)")
        }
    }

    private func validate() throws {
        func check(_ name: CodingKeys, _ value: Int, _ range: ClosedRange<Int>) throws {
            guard range.contains(value) else {
                throw CodecError.invalidSetting(
                    name: name.rawValue, value: "\(value)", fix: "it must be from \(range.lowerBound) to \(range.upperBound)")
            }
        }
        try check(.samplingRate, samplingRate, 1000...768_000)
        try check(.audioChannels, audioChannels, 1...2)
        try check(.filters, filters, 1...1024)
        try check(.hiddenSize, hiddenSize, 1...8192)
        try check(.codebookSize, codebookSize, 2...1 << 20)
        try check(.kernelSize, kernelSize, 1...255)
        try check(.lastKernelSize, lastKernelSize, 1...255)
        try check(.residualKernelSize, residualKernelSize, 1...255)
        try check(.residualLayers, residualLayers, 0...8)
        try check(.dilationGrowthRate, dilationGrowthRate, 1...8)
        try check(.compress, compress, 1...64)
        try check(.recurrentLayers, recurrentLayers, 0...16)
        guard (1...8).contains(upsamplingRatios.count), upsamplingRatios.allSatisfy((1...64).contains), hopLength <= 1 << 16 else {
            throw CodecError.invalidSetting(
                name: "upsampling_ratios", value: "\(upsamplingRatios)", fix: "it must hold 1 to 8 numbers from 1 to 64")
        }
        guard filters >= compress else {
            throw CodecError.invalidSetting(name: "compress", value: "\(compress)", fix: "it must be at most num_filters, \(filters)")
        }
        guard padMode == "reflect" || padMode == "constant" else {
            throw CodecError.invalidSetting(name: "pad_mode", value: padMode, fix: "it must be reflect or constant")
        }
        guard (0...1).contains(trimRightRatio) else {
            throw CodecError.invalidSetting(name: "trim_right_ratio", value: "\(trimRightRatio)", fix: "it must be from 0 to 1")
        }
    }
}
