import AudioDSP
import Training

/// Scenes to train on and others to validate with.
public struct SceneTrainingData: Sendable {
    let training: BinauralSceneGenerator
    let validation: BinauralSceneGenerator
    let fingerprint: String
    let seed: UInt64

    /// - Parameters:
    ///   - training: Recordings of which nothing is in `validation`.
    ///   - settings: Of the training scenes; validation has the same without their absent targets.
    public init(
        training: SceneSources, validation: SceneSources, settings: SceneSettings, seed: UInt64
    ) throws {
        self.training = try BinauralSceneGenerator(training, settings: settings, seed: RandomPurpose.examples.seed(of: seed))
        self.validation = try BinauralSceneGenerator(validation, settings: settings, seed: RandomPurpose.validation.seed(of: seed))
        self.seed = seed
        fingerprint = training.fingerprint + "-" + validation.fingerprint
    }

    /// Reads the folders of a run.
    ///
    /// - Parameter report: told what was found and skipped, line by line.
    /// - Throws: `SceneError`, `AudioFolderError`.
    public init(
        _ folders: SceneTrainingFolders, settings: SceneSettings, heldOut: Float, seed: UInt64, report: (String) -> Void,
        checkCancelled: () throws -> Void
    ) throws {
        func pair(_ path: String, _ other: String?, _ role: String) throws -> (AudioFolder, AudioFolder) {
            let folder = try AudioFolder(scanning: path, role: role)
            if let other { return (folder, try AudioFolder(scanning: other, role: "validation \(role)")) }
            return try folder.holdingOut(share: heldOut, seed: seed, option: "--valid-\(role)")
        }
        let speech = try pair(folders.speech, folders.validationSpeech, "speech")
        let noise = try folders.noise.map { try pair($0, folders.validationNoise, "noise") }
        func sources(_ speech: AudioFolder, _ noise: AudioFolder?) throws -> SceneSources {
            try SceneSources(
                speech: speech, noise: noise, heads: folders.heads, rooms: folders.rooms, settings: settings, report: report,
                checkCancelled: checkCancelled)
        }
        try self.init(
            training: sources(speech.0, noise?.0), validation: sources(speech.1, noise?.1), settings: settings, seed: seed)
    }
}

/// Where the recordings of a run on scenes are.
public struct SceneTrainingFolders: Sendable {
    public var speech: String
    /// Without it there is no background.
    public var noise: String?
    /// SOFA files or folders of responses.
    public var heads: [String]
    /// A folder of measured impulse responses.
    public var rooms: String?
    /// Folders for validation; without them a part of the talkers and noises is held out.
    public var validationSpeech: String?
    public var validationNoise: String?

    public init(
        speech: String, noise: String?, heads: [String], rooms: String? = nil, validationSpeech: String? = nil,
        validationNoise: String? = nil
    ) {
        (self.speech, self.noise, self.heads, self.rooms) = (speech, noise, heads, rooms)
        (self.validationSpeech, self.validationNoise) = (validationSpeech, validationNoise)
    }
}
