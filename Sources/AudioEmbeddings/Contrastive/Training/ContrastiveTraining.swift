import NeuralCore
import TextEncoding
import Training

/// Trains encoders of recordings and captions.
public enum ContrastiveTraining {
    /// Trains the light encoder on captioned clips.
    ///
    /// - Parameters:
    ///   - music: A folder of clips with its `clips.jsonl`.
    ///   - validationMusic: Clips to validate with; nil holds some of the tunes of `music` out.
    /// - Throws: `TextEncodingError`, `TrainingError`, ``EncoderError``, `AudioFileError`.
    public static func execute(
        _ run: TrainingRun, music: String, validationMusic: String?, report: @escaping (TrainingEvent) -> Void
    ) throws -> TrainingOutcome {
        let limits = run.limits
        return try run.execute(
            defaults: ContrastiveTrainingConfiguration(), network: { ContrastiveNetwork($0.model, using: &$1) },
            weights: { file in RenamedTensors(file) { $0.hasPrefix("tokenizer/") ? nil : $0 } },
            task: { settings in
                { folder in
                    func checkCancelled() throws { if limits.shouldStop() { throw CancellationError() } }
                    var random = RandomPurpose.split.generator(run: settings.seed)
                    let (training, validation) = try [CaptionedClip].split(
                        music, validation: validationMusic, heldOut: settings.validation.heldOut, using: &random)
                    report(.note("\(training.count) clips to train with, \(validation.count) to validate with"))
                    let tokenizer = try folder.kept("tokenizer.json") {
                        var random = RandomPurpose.split.generator(run: settings.seed, stream: 1)
                        return try training.trainedTokenizer(vocabularySize: settings.model.text.vocabulary, using: &random)
                    }
                    let features = try ContrastiveFeatures(settings.model)
                    return try ContrastiveTask(
                        settings, clips: FeaturedClips(training, features, checkCancelled: checkCancelled),
                        validation: FeaturedClips(validation, features, checkCancelled: checkCancelled), tokenizer: tokenizer)
                }
            }, report: report)
    }
}
