import AudioDSP
import NeuralCore
import Training

/// Everything that decides how a speaker encoder is trained, as the JSON that `--config` takes.
public struct SpeakerTrainingConfiguration: OptimizedConfiguration {
    /// The first of all random numbers: initial weights, stretches.
    public var seed: UInt64 = 1
    public var model = SpeakerNetwork.Configuration()
    public var optimization = OptimizationSettings()
    public var validation = SpeakerValidationSettings()
    public var checkpoints = CheckpointSettings()

    public init() {
        (model.hiddenSize, model.layerCount) = (160, 2)
        (optimization.steps, optimization.batchSize, optimization.shards) = (6_000, 32, 2)
    }

    public func validate() throws {
        try model.validate()
        try optimization.validate()
        try validation.validate()
        try checkpoints.validate()
    }
}

/// What is measured while a speaker encoder trains, and how often.
public struct SpeakerValidationSettings: ValidationSchedule {
    public var every = 500
    /// Held-out utterances, at most.
    public var utterances = 200
    /// Part of the talkers held out where no folder for validation is given.
    public var heldOut: Float = 0.1

    public init() {}

    /// - Throws: `TrainingError.invalidSetting`.
    public func validate() throws {
        try validateSchedule()
        guard (1...100_000).contains(utterances) else {
            throw TrainingError.invalidSetting("validation.utterances", "must be from 1 to 100000, not \(utterances)")
        }
    }
}

/// Trains speaker encoders.
public enum SpeakerTraining {
    /// - Parameters:
    ///   - speech: A folder with one folder for each talker; `validationSpeech` for validation, else talkers are held out.
    ///   - teacher: Gives the vectors that are learnt.
    public static func execute(
        _ run: TrainingRun, speech: String, validationSpeech: String?, teacher: () throws -> SpeakerEncoder,
        report: @escaping (TrainingEvent) -> Void
    ) throws -> TrainingOutcome {
        let limits = run.limits
        return try run.execute(
            defaults: SpeakerTrainingConfiguration(), network: { SpeakerNetwork($0.model, using: &$1) },
            task: { settings in
                let teacher = try teacher()
                return { _ in
                    func load(_ folder: AudioFolder) throws -> SpeakerUtterances {
                        let collection = try AudioCollection(loading: folder, sampleRate: SpeakerFeatures.sampleRate) { _ in
                            if limits.shouldStop() { throw CancellationError() }
                        }
                        report(.note(collection.summary))
                        for skipped in collection.skipped.prefix(5) { report(.note("\(folder.role): skipped, \(skipped.reason)")) }
                        return SpeakerUtterances(collection, teacher: teacher)
                    }
                    let folder = try AudioFolder(scanning: speech, role: "speech")
                    let pair = try validationSpeech.map { (folder, try AudioFolder(scanning: $0, role: "validation speech")) }
                        ?? folder.holdingOut(share: settings.validation.heldOut, seed: settings.seed, option: "--valid-speech")
                    return try SpeakerTask(
                        settings.model, training: load(pair.0), validation: load(pair.1),
                        utterances: settings.validation.utterances, seed: settings.seed)
                }
            }, report: report)
    }
}
