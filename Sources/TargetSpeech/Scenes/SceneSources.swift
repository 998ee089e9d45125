import AudioDSP

/// The recordings that scenes are made of.
public struct SceneSources: Sendable {
    let talkers: Talkers
    let noise: AudioCollection?
    let heads: [HeadRelatedResponses]
    let rooms: [(name: String, response: RoomResponse)]

    /// Reads the folders.
    ///
    /// - Parameters:
    ///   - speech: A folder with one folder for each talker.
    ///   - noise: A folder of noises; nil for scenes without.
    ///   - heads: SOFA files, or folders of recordings called `azi_A_ele_E_….wav`. Ignored for one microphone.
    ///   - rooms: A folder of impulse responses, mono or of which the channels are averaged.
    ///   - settings: What the scenes need of them.
    ///   - report: Told what was found and skipped, line by line.
    /// - Throws: `SceneError`, `AudioFolderError`.
    public init(
        speech: String, noise: String?, heads: [String], rooms: String? = nil, settings: SceneSettings,
        report: (String) -> Void = { _ in }, checkCancelled: () throws -> Void = {}
    ) throws {
        try self.init(
            speech: AudioFolder(scanning: speech, role: "speech"), noise: noise.map { try AudioFolder(scanning: $0, role: "noise") },
            heads: heads, rooms: rooms, settings: settings, report: report, checkCancelled: checkCancelled)
    }

    /// The same for folders that were looked through before, or parts of them.
    public init(
        speech: AudioFolder, noise: AudioFolder?, heads: [String], rooms: String? = nil, settings: SceneSettings,
        report: (String) -> Void = { _ in }, checkCancelled: () throws -> Void = {}
    ) throws {
        try settings.validate()
        let rate = HeadRelatedResponses.sampleRate
        self.heads = settings.isMono ? [.omnidirectional] : try heads.map { try HeadRelatedResponses(loading: $0) }
        guard !self.heads.isEmpty else {
            throw SceneError.invalidSetting(
                name: "the list of head-related responses", value: "empty", fix: "give a SOFA file, or make scenes of one microphone")
        }
        func load(_ folder: AudioFolder) throws -> AudioCollection {
            let collection = try AudioCollection(loading: folder, sampleRate: rate) { _ in try checkCancelled() }, role = folder.role
            report(collection.summary)
            for skipped in collection.skipped.prefix(5) { report("\(role): skipped, \(skipped.reason)") }
            if collection.skipped.count > 5 { report("\(role): \(collection.skipped.count - 5) more files skipped") }
            return collection
        }
        self.rooms = try rooms.map { path in
            let collection = try load(AudioFolder(scanning: path, role: "rooms"))
            return try collection.recordings.indices.map { index in
                let samples = collection.excerpt(of: index, from: 0, count: collection.frameCount(of: index))
                return (collection.recordings[index].relativePath, try RoomResponse(measured: samples, sampleRate: rate))
            }
        } ?? []
        // An absent target is one talker more.
        talkers = try Talkers(
            load(speech), origins: UtteranceOrigins(besides: speech.path), needed: settings.mostTalkers + 1, path: speech.path)
        self.noise = try noise.map(load)
    }

    /// A number that changes with the recordings.
    public var fingerprint: String {
        [talkers.collection.fingerprint, noise?.fingerprint].compactMap { $0 }.joined(separator: "-") + "-\(heads.count)-\(rooms.count)"
    }
}
