import Foundation
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
                    let all = try CaptionedFolder(path: music).clips
                    let (training, validation) = try validationMusic.map { (all, try CaptionedFolder(path: $0).clips) }
                        ?? all.holdingOut(share: settings.validation.heldOut, path: music, using: &random)
                    report(.note("\(training.count) clips to train with, \(validation.count) to validate with"))
                    let tokenizer = try tokenizer(training, settings, folder)
                    let features = try ContrastiveFeatures(settings.model)
                    return try ContrastiveTask(
                        settings, clips: FeaturedClips(training, features, checkCancelled: checkCancelled),
                        validation: FeaturedClips(validation, features, checkCancelled: checkCancelled), tokenizer: tokenizer)
                }
            }, report: report)
    }

    /// The run's tokeniser, trained at its start on the captions and on others like them.
    private static func tokenizer(
        _ clips: [CaptionedClip], _ settings: ContrastiveTrainingConfiguration, _ folder: RunFolder
    ) throws -> [UInt8] {
        let path = folder.path + "/tokenizer.json"
        if let stored = FileManager.default.contents(atPath: path) { return [UInt8](stored) }
        var random = RandomPurpose.split.generator(run: settings.seed, stream: 1)
        let texts = clips.captionTexts(variations: 20, using: &random)
        let bytes = try UnigramTrainer(vocabularySize: settings.model.text.vocabulary).train(on: texts)
        try folder.write(Data(bytes), to: path)
        return bytes
    }
}
