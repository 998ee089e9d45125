import AudioDSP
import AudioMetrics
import Foundation
import ModelLibrary
import NeuralCore

/// Embeddings of recordings on the disk, so that a reference folder is encoded once.
///
/// An entry is found by the SHA-256 of the recording's bytes and by the encoder's identity, never by names or times: a
/// changed recording is encoded anew, a renamed one is not. An entry is one small file that appears whole or not at all,
/// so several programs may use a cache at once; damaged entries are made anew, and everything may be deleted at any time.
/// ```swift
/// let cache = EmbeddingCache(folder: EmbeddingCache.standardFolder())
/// let stretches = try cache.embeddings(ofFile: "song.flac", by: encoder)
/// ```
public struct EmbeddingCache: Sendable {
    /// Where entries are; nil keeps none.
    public let folder: String?

    public init(folder: String?) { self.folder = folder }

    /// `audiotool/embeddings` in `XDG_CACHE_HOME` or `~/.cache`; nil where there is no such place.
    public static func standardFolder(_ environment: [String: String] = ProcessInfo.processInfo.environment) -> String? {
        CacheFolder.path("embeddings", environment)
    }

    /// The embeddings of a recording's stretches. A cache that cannot be written is passed over.
    ///
    /// - Throws: `AudioFileError`, ``EncoderError`` and what the encoder throws.
    public func embeddings(ofFile path: String, by encoder: any AudioEncoder) throws -> EmbeddingSet {
        guard let folder else { return try EmbeddingSet(encoder.embeddings(of: AudioFile.read(path))) }
        // What cannot be read at all is told in the words of the reader of sound files.
        guard let content = try? SHA256.digest(ofFile: path) else {
            return try EmbeddingSet(encoder.embeddings(of: AudioFile.read(path)))
        }
        let place = folder + "/" + SHA256.digest(of: encoder.identity).prefix(16)
        let entry = place + "/" + content + ".safetensors"
        if let stored = Self.read(entry, encoder), let set = try? EmbeddingSet(stored) { return set }
        let made = try encoder.embeddings(of: AudioFile.read(path))
        // A recording that changed meanwhile belongs to another entry.
        if (try? SHA256.digest(ofFile: path)) == content {
            try? FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
            try? SafeTensorsFile.write([("embeddings", made)], metadata: ["encoder": encoder.identity], to: entry)
        }
        return try EmbeddingSet(made)
    }

    private static func read(_ path: String, _ encoder: any AudioEncoder) -> Tensor? {
        guard let file = try? SafeTensorsFile(path: path), file.metadata["encoder"] == encoder.identity,
            let embeddings = try? file.tensor("embeddings"), embeddings.rank == 2, embeddings.shape[0] > 0,
            embeddings.shape[1] == encoder.dimension
        else { return nil }
        return embeddings
    }
}
