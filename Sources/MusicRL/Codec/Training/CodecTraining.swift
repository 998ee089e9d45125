import AudioDSP
import NeuralCore
import Training

/// Trains codecs.
public enum CodecTraining {
    /// Trains the default codec from settings that a configuration file may change.
    ///
    /// - Parameters:
    ///   - music: A folder of recordings of any format, rate and number of channels; they are mixed to one.
    ///   - validationMusic: Recordings to validate with; nil holds some of `music` out.
    public static func execute(
        _ run: TrainingRun, music: String, validationMusic: String?, report: @escaping (TrainingEvent) -> Void
    ) throws -> TrainingOutcome {
        let limits = run.limits
        return try run.execute(
            defaults: CodecTrainingConfiguration(), network: { SpectralCodecNetwork($0.model, using: &$1) },
            task: { settings in
                { _ in
                    func load(_ folder: AudioFolder) throws -> AudioCollection {
                        let collection = try AudioCollection(loading: folder, sampleRate: settings.model.sampleRate) { _ in
                            if limits.shouldStop() { throw CancellationError() }
                        }
                        report(.note(collection.summary))
                        for skipped in collection.skipped.prefix(5) { report(.note("\(folder.role): skipped, \(skipped.reason)")) }
                        return collection
                    }
                    let folder = try AudioFolder(scanning: music, role: "music")
                    let pair = try validationMusic.map { (folder, try AudioFolder(scanning: $0, role: "validation music")) }
                        ?? folder.holdingOut(share: settings.validation.heldOut, seed: settings.seed, option: "--valid-music")
                    return try CodecTask(settings, training: load(pair.0), validation: load(pair.1))
                }
            }, report: report)
    }
}
