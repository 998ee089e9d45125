import TextEncoding
import Training

/// Everything that decides how a model of music is trained, as the JSON that `--config` takes.
public struct MusicTrainingConfiguration: OptimizedConfiguration {
    /// The first of all random numbers: initial weights, excerpts, captions.
    public var seed: UInt64 = 1
    public var model = MusicModelSettings()
    public var excerpts = MusicExcerptSettings()
    public var captions = CaptionSettings()
    public var loss = MusicLossSettings()
    public var optimization = OptimizationSettings()
    public var validation = MusicValidationSettings()
    public var checkpoints = CheckpointSettings()

    public init() {
        (optimization.steps, optimization.batchSize, optimization.shards) = (10_000, 4, 2)
        (optimization.learningRate, optimization.beta2, optimization.gradientNorm) = (1e-3, 0.98, 1)
        (optimization.weightDecay, optimization.warmUpSteps) = (0.05, 300)
    }

    public func validate() throws {
        try model.validate()
        try excerpts.validate()
        try captions.validate()
        try loss.validate()
        try optimization.validate()
        try validation.validate()
        try checkpoints.validate()
    }
}

/// Sizes of the networks; codebooks and codes are the codec's.
public struct MusicModelSettings: Codable, Sendable, Equatable {
    public var name = "music"
    /// Of the decoder.
    public var width = 256
    public var feedForwardWidth = 1024
    public var layers = 4
    public var heads = 4
    public var text = Text()
    /// Whether the decoder is told the beats of a tempo that the text names (``BeatClock``).
    public var beatClock = true
    /// How weights are stored in model files: `bfloat16` or `float32`.
    public var storage = "bfloat16"

    public struct Text: Codable, Sendable, Equatable {
        /// Pieces of the tokeniser, at most.
        public var vocabulary = 512
        public var width = 128
        public var feedForwardWidth = 256
        public var layers = 2
        public var heads = 4

        public init() {}
    }

    public init() {}

    /// - Throws: `TrainingError.invalidSetting`.
    public func validate() throws {
        func check(_ holds: Bool, _ name: String, _ message: String) throws {
            guard holds else { throw TrainingError.invalidSetting("model.\(name)", message) }
        }
        for (name, value, range) in [
            ("width", width, 4...8192), ("feedForwardWidth", feedForwardWidth, 1...65_536), ("layers", layers, 1...64),
            ("heads", heads, 1...128), ("text.vocabulary", text.vocabulary, 128...100_000), ("text.width", text.width, 1...8192),
            ("text.feedForwardWidth", text.feedForwardWidth, 1...65_536), ("text.layers", text.layers, 1...64),
            ("text.heads", text.heads, 1...128),
        ] {
            try check(range.contains(value), name, "must be from \(range.lowerBound) to \(range.upperBound), not \(value)")
        }
        try check(width.isMultiple(of: heads) && width.isMultiple(of: 2), "heads", "must divide the width \(width), which must be even")
        try check(text.width.isMultiple(of: text.heads), "text.heads", "must divide the width \(text.width)")
        try check(["bfloat16", "float32"].contains(storage), "storage", "must be bfloat16 or float32, not \(storage)")
        try check(!name.isEmpty && name.count <= 100, "name", "must have 1 to 100 letters")
    }

    var textConfiguration: T5Configuration {
        T5Configuration(
            vocabularySize: text.vocabulary, width: text.width, headWidth: text.width / text.heads, heads: text.heads,
            feedForwardWidth: text.feedForwardWidth, layers: text.layers)
    }

    func decoderConfiguration(_ codec: any AudioCodec) -> MusicGenConfiguration {
        MusicGenConfiguration(
            codes: codec.bins, codebooks: codec.codebooks, width: width, feedForwardWidth: feedForwardWidth, layers: layers,
            heads: heads, clockRate: beatClock ? codec.frameRate : nil)
    }
}

/// What is cut out of clips.
public struct MusicExcerptSettings: Codable, Sendable, Equatable {
    /// What the model sees at once.
    public var seconds = 8.0
    /// Share of excerpts that begin with their clip.
    public var fromStart: Float = 0.5

    public init() {}

    /// - Throws: `TrainingError.invalidSetting`.
    public func validate() throws {
        guard (0.1...600).contains(seconds) else {
            throw TrainingError.invalidSetting("excerpts.seconds", "must be from 0.1 to 600, not \(seconds)")
        }
        guard (0...1).contains(fromStart) else {
            throw TrainingError.invalidSetting("excerpts.fromStart", "must be from 0 to 1, not \(fromStart)")
        }
    }
}

/// How the loss is made.
public struct MusicLossSettings: Codable, Sendable, Equatable {
    /// Each codebook counts so many times as much as the one before it.
    public var codebookDecay: Float = 1
    /// Share of values that are zeroed behind each part of a layer.
    public var dropout: Float = 0.1

    public init() {}

    /// - Throws: `TrainingError.invalidSetting`.
    public func validate() throws {
        guard codebookDecay > 0, codebookDecay <= 1 else {
            throw TrainingError.invalidSetting("loss.codebookDecay", "must be above 0 and at most 1, not \(codebookDecay)")
        }
        guard (0..<1).contains(dropout) else {
            throw TrainingError.invalidSetting("loss.dropout", "must be from 0 to below 1, not \(dropout)")
        }
    }
}

/// What is measured while a model of music trains, and how often.
public struct MusicValidationSettings: ValidationSchedule {
    public var every = 500
    /// Held-out clips, the excerpts at their beginnings.
    public var clips = 24
    /// Part of the tunes held out where no folder for validation is given.
    public var heldOut: Float = 0.05

    public init() {}

    /// - Throws: `TrainingError.invalidSetting`.
    public func validate() throws {
        try validateSchedule()
        guard (1...10_000).contains(clips) else {
            throw TrainingError.invalidSetting("validation.clips", "must be from 1 to 10000, not \(clips)")
        }
    }
}
