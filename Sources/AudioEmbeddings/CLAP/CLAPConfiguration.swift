import ModelLibrary
import NeuralCore

/// Sizes of a CLAP model, by the names of `config.json`; what it leaves out has the published program's default.
public struct CLAPConfiguration: Sendable, Equatable {
    public struct Audio: Sendable, Equatable {
        /// Side of the square image that the spectrogram is folded into.
        public var imageSize = 256
        public var bandCount = 64
        public var patchSize = 4
        /// Features of a patch; every stage but the first has twice those of the stage before.
        public var width = 96
        /// Blocks and heads of each stage.
        public var depths = [2, 2, 6, 2]
        public var heads = [4, 8, 16, 32]
        public var window = 8
        public var expansion = 4
        public var hasBias = true
        public var normalizesPatches = true
        public var epsilon: Float = 1e-5

        /// Features of the last stage.
        public var outputWidth: Int { width << (depths.count - 1) }
        /// Quarters (for 64 bands in 256 rows) of the time that stand one above the other in the image.
        public var foldCount: Int { imageSize / bandCount }
        /// Frames that fill the image.
        public var frameCount: Int { imageSize * foldCount }
    }

    public struct Text: Sendable, Equatable {
        public var vocabulary = 50_265
        public var width = 768
        public var layers = 12
        public var heads = 12
        public var hidden = 3072
        public var positions = 514
        public var types = 1
        /// Ids of padding, beginning and end.
        public var padding = 1, beginning = 0, end = 2
        public var epsilon: Float = 1e-12

        /// Tokens, beginning and end included, that have positions.
        public var longest: Int { positions - padding - 1 }
    }

    public var audio = Audio()
    public var text = Text()
    /// Values in an embedding.
    public var projection = 512

    /// - Parameter path: what errors call the file.
    /// - Throws: `ModelError.invalidSettings`.
    public init(_ settings: JSONValue, path: String) throws {
        let reader = SettingsReader(path: path)
        let a = settings["audio_config"], t = settings["text_config"]
        audio.imageSize = try reader.size(a, "spec_size", audio.imageSize)
        audio.bandCount = try reader.size(a, "num_mel_bins", audio.bandCount)
        audio.patchSize = try reader.size(a, "patch_size", audio.patchSize)
        audio.width = try reader.size(a, "patch_embeds_hidden_size", audio.width)
        audio.depths = try reader.sizes(a, "depths", audio.depths)
        audio.heads = try reader.sizes(a, "num_attention_heads", audio.heads)
        audio.window = try reader.size(a, "window_size", audio.window)
        audio.expansion = try reader.size(a, "mlp_ratio", audio.expansion)
        audio.hasBias = a["qkv_bias"].bool ?? true
        audio.normalizesPatches = a["enable_patch_layer_norm"].bool ?? true
        audio.epsilon = a["layer_norm_eps"].float ?? audio.epsilon
        text.vocabulary = try reader.size(t, "vocab_size", text.vocabulary)
        text.width = try reader.size(t, "hidden_size", text.width)
        text.layers = try reader.size(t, "num_hidden_layers", text.layers)
        text.heads = try reader.size(t, "num_attention_heads", text.heads)
        text.hidden = try reader.size(t, "intermediate_size", text.hidden)
        text.positions = try reader.size(t, "max_position_embeddings", text.positions)
        text.types = try reader.size(t, "type_vocab_size", text.types)
        text.padding = t["pad_token_id"].int ?? text.padding
        text.beginning = t["bos_token_id"].int ?? text.beginning
        text.end = t["eos_token_id"].int ?? text.end
        text.epsilon = t["layer_norm_eps"].float ?? text.epsilon
        projection = try reader.size(settings, "projection_dim", projection)
        try check(settings, reader)
    }

    private func check(_ settings: JSONValue, _ reader: SettingsReader) throws {
        for (part, key, wanted) in [
            ("audio_config", "hidden_act", "gelu"), ("text_config", "hidden_act", "gelu"),
            ("audio_config", "projection_hidden_act", "relu"), ("text_config", "projection_hidden_act", "relu"),
            ("text_config", "position_embedding_type", "absolute"),
        ] {
            let value = settings[part][key].string ?? wanted
            guard value == wanted else {
                throw reader.refusal("\(part).\(key) is \(value), and only \(wanted) is supported")
            }
        }
        let patches = audio.imageSize / audio.patchSize, stages = audio.depths.count
        guard audio.heads.count == stages, (1...8).contains(stages), audio.depths.allSatisfy({ $0 <= 100 }) else {
            throw reader.refusal("depths and num_attention_heads must be lists of one length, up to 8")
        }
        guard audio.imageSize % (audio.patchSize << (stages - 1)) == 0, audio.imageSize % (audio.bandCount * audio.foldCount) == 0,
            audio.foldCount > 0, audio.frameCount <= 1 << 20, patches <= 1024
        else { throw reader.refusal("patches of \(audio.patchSize) and \(stages) stages do not divide an image of \(audio.imageSize)") }
        for stage in 0..<stages {
            let side = patches >> stage, width = audio.width << stage
            guard width % audio.heads[stage] == 0, side % min(side, audio.window) == 0 else {
                let parts = "\(audio.heads[stage]) heads or windows of \(audio.window)"
                throw reader.refusal(
                    "stage \(stage) has \(side) × \(side) patches of \(width) features, which \(parts) do not divide")
            }
        }
        guard text.width % text.heads == 0, text.layers <= 200 else {
            throw reader.refusal("\(text.heads) heads do not divide the text tower's \(text.width) features")
        }
        for id in [text.padding, text.beginning, text.end] where !(0..<text.vocabulary).contains(id) {
            throw reader.refusal("the token \(id) is not among the \(text.vocabulary) of the text tower")
        }
        guard text.longest >= 3 else { throw reader.refusal("\(text.positions) positions leave no room for a text") }
    }

    /// About how many numbers the weights have; no less than half of them.
    var parameterCount: Int {
        let stages = audio.depths.indices.reduce(0) { sum, stage in
            let width = audio.width << stage
            return sum + audio.depths[stage] * (4 + 2 * audio.expansion) * width * width + 8 * width * width
        }
        let layers = text.layers * (4 * text.width * text.width + 2 * text.width * text.hidden)
        return stages + layers + (text.vocabulary + text.positions) * text.width + projection * (
            audio.outputWidth + text.width)
    }
}

/// Numbers of a settings file, with the file's name in what is wrong with them.
struct SettingsReader {
    let path: String

    func refusal(_ reason: String) -> ModelError { .invalidSettings(path: path, reason: reason) }

    /// A whole number from 1 to a million.
    func size(_ settings: JSONValue, _ key: String, _ standard: Int) throws -> Int {
        guard !settings[key].isNull else { return standard }
        guard let value = settings[key].int, (1...1_000_000).contains(value) else {
            throw refusal("\(key) is \(settings[key].text.prefix(80)), not a whole number from 1 to 1000000")
        }
        return value
    }

    func sizes(_ settings: JSONValue, _ key: String, _ standard: [Int]) throws -> [Int] {
        guard !settings[key].isNull else { return standard }
        guard let values = settings[key].ints, !values.isEmpty, values.allSatisfy({ (1...1_000_000).contains($0) }) else {
            throw refusal("\(key) is \(settings[key].text.prefix(80)), not a list of sizes")
        }
        return values
    }
}
