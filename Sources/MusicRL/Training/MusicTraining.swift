import AudioDSP
import Foundation
import ModelLibrary
import NeuralCore
import TextEncoding
import Training

/// Trains models of music.
public enum MusicTraining {
    /// Trains a text encoder and a decoder of a codec's codes on captioned clips.
    ///
    /// The run's folder gets copies of the codec and the tokeniser, so that it goes on whatever becomes of them, and the
    /// clips' codes.
    /// - Parameters:
    ///   - music: A folder of clips with its `clips.jsonl`.
    ///   - validationMusic: Clips to validate with; nil holds some of the tunes of `music` out.
    ///   - codec: The codec; a run that goes on knows it.
    /// - Throws: ``MusicGenerationError``, `TextEncodingError`, `TrainingError`, and what files and codec throw.
    public static func execute(
        _ run: TrainingRun, music: String, validationMusic: String?, codec given: ModelFile?, report: @escaping (TrainingEvent) -> Void
    ) throws -> TrainingOutcome {
        let codecFile = try codec(of: run, given: given), codec = try codecFile.audioCodec(), limits = run.limits
        guard codec.channels == 1 else { throw CodecError.channelCount(found: 1, expected: codec.channels) }
        return try run.execute(
            defaults: MusicTrainingConfiguration(),
            network: { settings, rng in
                MusicNetwork(
                    text: settings.model.textConfiguration, decoder: settings.model.decoderConfiguration(codec), using: &rng)
            },
            weights: MusicNetwork.own,
            task: { settings in
                { folder in
                    func checkCancelled() throws { if limits.shouldStop() { throw CancellationError() } }
                    var random = RandomPurpose.split.generator(run: settings.seed)
                    let (training, validation) = try [CaptionedClip].split(
                        music, validation: validationMusic, heldOut: settings.validation.heldOut, using: &random)
                    let codes = ClipCodes(codec: codec, codecHash: try codecFile.contentHash(), path: folder.path + "/codes.safetensors")
                    try codes.check(training + validation, seconds: settings.excerpts.seconds)
                    report(.note("\(training.count) clips to train with, \(validation.count) to validate with"))
                    let copy = folder.path + "/" + codecName
                    if codecFile.path != copy { try folder.write(Data(contentsOf: URL(fileURLWithPath: codecFile.path)), to: copy) }
                    let tokenizer = try folder.kept(tokenizerName) {
                        var random = RandomPurpose.split.generator(run: settings.seed, stream: 1)
                        return try training.trainedTokenizer(vocabularySize: settings.model.text.vocabulary, using: &random)
                    }
                    let coded = try codes.load(training + validation, checkCancelled: checkCancelled) { done, total in
                        if done == total { report(.note("encoded \(total) clips")) }
                    }
                    return try MusicTask(
                        settings, clips: Array(coded[..<training.count]), validation: Array(coded[training.count...]),
                        captions: CaptionSource(
                            tokenizer: UnigramTokenizer(json: tokenizer, path: tokenizerName), settings: settings.captions),
                        file: MusicModelFile(settings, codec: ModelFile(path: copy), tokenizer: tokenizer))
                }
            }, report: report)
    }

    static let codecName = "codec.safetensors", tokenizerName = "tokenizer.json"

    /// The codec of a run that goes on, or the one that is given.
    private static func codec(of run: TrainingRun, given: ModelFile?) throws -> ModelFile {
        let own = run.output + "/" + codecName
        guard run.resume, FileManager.default.fileExists(atPath: own) else {
            guard let given else { throw TrainingError.notARun(path: run.output) }
            return given
        }
        let file = try ModelFile(path: own)
        if let given, try given.contentHash() != file.contentHash() {
            throw MusicGenerationError.otherCodec(path: given.path, run: run.output)
        }
        return file
    }
}
