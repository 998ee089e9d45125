import AudioDSP
import Foundation
import NeuralCore
import Training

/// Where the recordings of a run are.
public struct TrainingFolders: Sendable {
    public var speech: String
    /// Without it no example has noise.
    public var noise: String?
    /// Folders for validation; without them a share of the speakers and noises is held out.
    public var validationSpeech: String?
    public var validationNoise: String?
    /// Rooms to simulate.
    public var rooms = 0

    public init(speech: String, noise: String?, validationSpeech: String? = nil, validationNoise: String? = nil, rooms: Int = 0) {
        (self.speech, self.noise, self.rooms) = (speech, noise, rooms)
        (self.validationSpeech, self.validationNoise) = (validationSpeech, validationNoise)
    }
}

/// The recordings of a run in memory: what to mix for training and what for validation.
public struct TrainingData: Sendable {
    public let training: MixtureGenerator
    public let validation: MixtureGenerator
    /// Changes with the recordings: a resumed run is only exact on the same ones.
    public let fingerprint: String

    /// Reads and checks the folders and simulates the rooms.
    ///
    /// - Parameter report: told what was found, resampled and skipped, line by line.
    /// - Throws: `AudioFolderError` if a folder is missing, empty, unreadable or too small.
    public init(
        folders: TrainingFolders, sampleRate: Int, mixtures: MixtureSettings, validation: ValidationSettings, seed: UInt64,
        spoolFolder: String, report: (String) -> Void, checkCancelled: () throws -> Void = {}
    ) throws {
        var options = AudioCollection.Options()
        options.spoolFolder = spoolFolder
        func load(_ folder: AudioFolder, _ needed: Double) throws -> AudioCollection {
            let collection = try AudioCollection(loading: folder, sampleRate: sampleRate, options: options) { _ in try checkCancelled() }
            report(collection.summary)
            for skipped in collection.skipped.prefix(5) { report("\(folder.role): skipped, \(skipped.reason)") }
            if collection.skipped.count > 5 { report("\(folder.role): \(collection.skipped.count - 5) more files skipped") }
            guard collection.seconds >= needed else {
                throw AudioFolderError.tooLittle(role: folder.role, path: folder.path, seconds: collection.seconds, needed: needed)
            }
            return collection
        }
        func pair(_ path: String, _ validationPath: String?, role: String, option: String) throws -> (AudioFolder, AudioFolder) {
            let folder = try AudioFolder(scanning: path, role: role)
            if let validationPath { return (folder, try AudioFolder(scanning: validationPath, role: "validation \(role)")) }
            return try folder.holdingOut(share: validation.heldOut, seed: seed, option: option)
        }
        let (speech, validationSpeech) = try pair(folders.speech, folders.validationSpeech, role: "speech", option: "--valid-speech")
        let noises = try folders.noise.map {
            try pair($0, folders.validationNoise, role: "noise", option: "--valid-noise")
        }

        let seconds = Double(mixtures.seconds)
        let (trainingSpeech, trainingNoise) = try (load(speech, 10 * seconds), noises.map { try load($0.0, 2 * seconds) })
        let (heldSpeech, heldNoise) = try (load(validationSpeech, seconds), noises.map { try load($0.1, seconds) })
        fingerprint = [trainingSpeech, trainingNoise, heldSpeech, heldNoise].compactMap { $0?.fingerprint }.joined(separator: "-")
            + "-\(folders.rooms)"
        func rooms(_ count: Int, _ purpose: RandomPurpose) throws -> [RoomScene] {
            try RoomPool.simulate(
                count: count, sampleRate: sampleRate, settings: mixtures, seed: purpose.seed(of: seed), checkCancelled: checkCancelled)
        }
        if folders.rooms > 0 { report("rooms: simulating \(folders.rooms)") }
        let trainingRooms = try rooms(folders.rooms, .rooms)
        if folders.rooms > 0 { report("rooms: \(RoomPool.summary(of: trainingRooms))") }
        training = MixtureGenerator(
            speech: trainingSpeech, noise: trainingNoise, rooms: trainingRooms, settings: mixtures,
            seed: RandomPurpose.examples.seed(of: seed))
        self.validation = MixtureGenerator(
            speech: heldSpeech, noise: heldNoise,
            rooms: try rooms(validation.rooms > 0 ? min(folders.rooms, validation.mixtures) : 0, .validationRooms),
            settings: Self.plain(validation, target: mixtures.roomTarget), seed: RandomPurpose.validation.seed(of: seed))
    }

    /// Validation mixtures are what people record: no filters or changes of speed on top.
    static func plain(_ validation: ValidationSettings, target: MixtureSettings.RoomTarget) -> MixtureSettings {
        var settings = MixtureSettings()
        (settings.rooms, settings.clean, settings.roomTarget) = (validation.rooms, validation.clean, target)
        settings.seconds = validation.seconds
        settings.snr = validation.snr
        settings.level = Interval(-30, -20)
        settings.speechSpeed = Interval(1, 1)
        settings.noiseSpeed = Interval(1, 1)
        settings.filtering = 0
        settings.bandLimiting = 0
        settings.babble = 0
        settings.colouredNoise = 0
        settings.secondNoise = 0
        return settings
    }
}
