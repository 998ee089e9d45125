import AudioDSP
import Foundation
import ModelLibrary
import NeuralCore

/// A model that works while the sound comes: an extractor of one voice, or an enhancer of speech.
///
/// ```swift
/// let model = try StreamingModel(ModelStore().model(nil, kind: .extractor))
/// let extractor = try model.processor(voice: try Voice(reading: "alice.voice"), path: "alice.voice")
/// ```
/// Every processor has a state of its own; the model can make any number of them.
public struct StreamingModel: Sendable {
    public let file: ModelFile
    private let network: any ExtractorNetwork
    /// How its output tells whether the voice is there.
    public let presence: TargetPresenceSettings
    /// Seconds of a recording that it should hear, twice, before it is to give anything; a stream cannot wait for them.
    public let warmUp: Double
    /// Whether recordings are worth the work of a `MirroredProcessor`.
    public let mirrors: Bool
    /// The weights whose vectors an extractor understands, where its file says so.
    public let voiceModel: Voice.Model?

    /// - Throws: `ModelError` for another kind of model or settings that cannot be used.
    public init(_ file: ModelFile) throws {
        try file.require([.extractor, .streamingEnhancer])
        self.file = file
        network = try extractorNetwork(file)
        presence = try Self.presence(file)
        warmUp = file.settings["warmUp"].double ?? 0
        mirrors = file.settings["mirrors"].bool ?? false
        guard (0...60).contains(warmUp) else {
            throw ModelError.invalidSettings(path: file.path, reason: "\"warmUp\" is not from 0 to 60 seconds")
        }
        let made = file.settings["voiceModel"]
        voiceModel = made["sha256"].string.map { Voice.Model(name: made["name"].string ?? "another model", sha256: $0) }
    }

    /// Elements of a voice's vector; 0 for an enhancer.
    public var embeddingSize: Int { network.embeddingSize }

    /// - Throws: ``VoiceFileError`` for a voice that this model does not understand; `path` is what errors call it.
    public func check(_ voice: Voice, path: String) throws {
        try voice.require(model: voiceModel ?? voice.model, size: embeddingSize, path: path)
    }

    /// A processor that lets a voice through.
    public func processor(voice: Voice, path: String) throws -> any VoiceExtracting {
        try check(voice, path: path)
        let extractor = try processor()
        try extractor.setVoice(voice.vector)
        return extractor
    }

    /// A processor of recordings, which takes more time than one of streams may.
    public func recordingProcessor(voice: Voice, path: String) throws -> any StreamProcessor {
        let plain = try processor(voice: voice, path: path)
        guard mirrors, plain.inputChannels == 2, plain.outputChannels == 2 else { return plain }
        return try MirroredProcessor(plain, processor(voice: voice, path: path))
    }

    /// A processor that takes no voice, or none yet.
    public func processor() throws -> any VoiceExtracting {
        try network.stream()
    }

    private static func presence(_ file: ModelFile) throws -> TargetPresenceSettings {
        let stored = file.settings["presence"]
        guard !stored.isNull else { return TargetPresenceSettings() }
        do {
            return try JSONDecoder().decode(TargetPresenceSettings.self, from: Data(stored.text.utf8))
        } catch {
            throw ModelError.invalidSettings(path: file.path, reason: "'presence' is incomplete")
        }
    }
}
