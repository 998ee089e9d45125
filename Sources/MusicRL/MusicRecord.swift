import Foundation

/// How a clip was made: what it takes to make the same bytes again. Kept as JSON beside the sound.
public struct MusicRecord: Codable, Sendable, Equatable {
    /// A file by its name and the SHA-256 of its bytes.
    public struct File: Codable, Sendable, Equatable {
        public var name: String
        public var sha256: String

        public init(name: String, sha256: String) { (self.name, self.sha256) = (name, sha256) }
    }

    /// Name and version of what made it.
    public var program: String
    public var prompt: String
    /// Of new music.
    public var seconds: Double
    public var seed: UInt64
    public var sampling: SamplingSettings
    public var precision: WeightPrecision
    public var model: File
    /// The recording that was continued.
    public var start: File?
    public var sound: File

    public init(
        program: String, prompt: String, seconds: Double, seed: UInt64, sampling: SamplingSettings,
        precision: WeightPrecision, model: File, start: File?, sound: File
    ) {
        (self.program, self.prompt, self.seconds, self.seed) = (program, prompt, seconds, seed)
        (self.sampling, self.precision, self.model, self.start, self.sound) = (sampling, precision, model, start, sound)
    }

    /// - Throws: ``MusicGenerationError/invalidRecord(path:reason:)``.
    public init(reading path: String) throws {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw MusicGenerationError.invalidRecord(path: path, reason: "there is no such file")
        }
        do {
            self = try JSONDecoder().decode(MusicRecord.self, from: data)
        } catch {
            throw MusicGenerationError.invalidRecord(path: path, reason: "it is not what 'audiotool generate' writes beside a sound")
        }
    }

    /// As it is stored.
    public func data() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self) + Data("\n".utf8)
    }
}
