import ModelLibrary
import NeuralCore

/// Settings of a MusicGen decoder, by their names in the member `decoder` of `config.json`.
public struct MusicGenConfiguration: Sendable, Equatable {
    /// Codes in each codebook; the token of this number is the special one.
    public var codes: Int
    public var codebooks: Int
    public var channels: Int
    public var width: Int
    public var feedForwardWidth: Int
    public var layers: Int
    public var heads: Int
    /// Frames a second of the clock that tells the decoder the beats of a tempo which the text names (``BeatClock``); nil for
    /// none, as in published models.
    public var clockRate: Double?

    public init(
        codes: Int, codebooks: Int, channels: Int = 1, width: Int, feedForwardWidth: Int, layers: Int, heads: Int,
        clockRate: Double? = nil
    ) {
        (self.codes, self.codebooks, self.channels) = (codes, codebooks, channels)
        (self.width, self.feedForwardWidth, self.layers, self.heads) = (width, feedForwardWidth, layers, heads)
        self.clockRate = clockRate
    }

    /// - Throws: `ModelError.invalidSettings` naming what is missing or cannot be.
    public init(_ settings: JSONValue, path: String) throws {
        try self.init(ConfigurationReader(settings: settings, path: path))
    }

    init(_ reader: ConfigurationReader) throws {
        codes = try reader.int("vocab_size", 2...1_000_000)
        codebooks = try reader.int("num_codebooks", 1...64)
        channels = try reader.int("audio_channels", 1...2, default: 1)
        width = try reader.int("hidden_size", 4...65_536)
        feedForwardWidth = try reader.int("ffn_dim", 1...262_144)
        layers = try reader.int("num_hidden_layers", 1...256)
        heads = try reader.int("num_attention_heads", 1...1024)
        guard width % heads == 0, width % 2 == 0 else {
            throw reader.fault("hidden_size", "is \(width), which \(heads) heads cannot share")
        }
        guard codebooks % channels == 0 else {
            throw reader.fault("num_codebooks", "is \(codebooks), which \(channels) channels cannot share")
        }
        let activation = try reader.string("activation_function", default: "gelu")
        guard activation == "gelu" else { throw reader.fault("activation_function", "is \(activation), and only gelu is possible") }
        guard try !reader.bool("scale_embedding", default: false) else {
            throw reader.fault("scale_embedding", "is true, which is not possible")
        }
        let special = try reader.int("pad_token_id", 0...1_000_000, default: codes)
        guard special == codes else {
            throw reader.fault("pad_token_id", "is \(special) instead of the number of codes, \(codes)")
        }
        clockRate = try reader.clockRate()
    }

    /// As they stand in `config.json`.
    public var settings: JSONObject {
        let settings: JSONObject = [
            "model_type": "musicgen_decoder", "vocab_size": .integer(codes), "num_codebooks": .integer(codebooks),
            "audio_channels": .integer(channels), "hidden_size": .integer(width), "ffn_dim": .integer(feedForwardWidth),
            "num_hidden_layers": .integer(layers), "num_attention_heads": .integer(heads), "activation_function": "gelu",
            "scale_embedding": false, "pad_token_id": .integer(codes),
        ]
        return clockRate.map { settings.setting("beat_clock_rate", to: .number($0)) } ?? settings
    }

    public var headWidth: Int { width / heads }
    public var pattern: DelayPattern {
        DelayPattern(codebooks: codebooks, channels: channels, special: Int32(codes))
    }

    /// The names and shapes of all parameters.
    public var parameterShapes: [(name: String, shape: [Int])] {
        var shapes: [(String, [Int])] = []
        func norm(_ name: String) { shapes += [(name + ".weight", [width]), (name + ".bias", [width])] }
        for k in 0..<codebooks { shapes.append(("model.decoder.embed_tokens.\(k).weight", [codes + 1, width])) }
        if clockRate != nil { shapes.append(("model.decoder.embed_beat.weight", [width, BeatClock.width])) }
        for layer in 0..<layers {
            let path = "model.decoder.layers.\(layer)."
            for attention in ["self_attn", "encoder_attn"] {
                for part in ["q", "k", "v", "out"] { shapes.append(("\(path)\(attention).\(part)_proj.weight", [width, width])) }
                norm("\(path)\(attention)_layer_norm")
            }
            shapes += [(path + "fc1.weight", [feedForwardWidth, width]), (path + "fc2.weight", [width, feedForwardWidth])]
            norm(path + "final_layer_norm")
        }
        norm("model.decoder.layer_norm")
        for k in 0..<codebooks { shapes.append(("lm_heads.\(k).weight", [codes, width])) }
        return shapes
    }

    /// Holds a file's tensors against these settings before any number is read.
    ///
    /// - Throws: `CheckpointError.mismatch` naming every tensor that is missing or of another shape.
    public func check(_ weights: some TensorSource, prefix: String = "") throws {
        let faults: [String] = try parameterShapes.compactMap { name, shape in
            guard weights.contains(prefix + name) else { return "\(prefix)\(name) \(shape) is missing" }
            let found = try weights.shape(prefix + name)
            return found == shape ? nil : "\(prefix)\(name) is \(found) instead of \(shape)"
        }
        guard faults.isEmpty else {
            let shown = faults.count > 8 ? faults.prefix(8) + ["and \(faults.count - 8) more"] : faults[...]
            throw CheckpointError.mismatch(path: weights.path, faults: Array(shown))
        }
    }
}

extension ConfigurationReader {
    fileprivate func clockRate() throws -> Double? {
        let name = "beat_clock_rate", value = settings[name]
        guard !value.isNull else { return nil }
        guard let rate = value.double, (1...10_000).contains(rate) else { throw fault(name, "is no number from 1 to 10000") }
        return rate
    }
}
