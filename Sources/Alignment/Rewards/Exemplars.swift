import AudioDSP
import AudioEmbeddings
import AudioMetrics
import Foundation

/// A reference set in an encoder's space: recordings of a folder, or captions of a text file.
public struct Exemplars: Sendable {
    /// All stretches of all recordings, or all captions.
    public let embeddings: EmbeddingSet
    /// One embedding of each recording or caption.
    public let summaries: EmbeddingSet
    /// "refs/ (12 recordings, 340 embeddings)"
    public let description: String

    /// Recordings.
    ///
    /// - Throws: `AudioFolderError`; ``AlignmentError/invalidFile(path:reason:)`` where a recording cannot be read: a
    ///   reference set is never made smaller silently.
    public init(
        folder path: String, encoder: any AudioEncoder, cache: EmbeddingCache,
        onProgress: @escaping @Sendable (_ done: Int, _ clip: String) throws -> Void = { _, _ in }
    ) throws {
        let folder = try AudioFolder(scanning: path, role: "reference")
        if let bad = folder.unreadable.first {
            throw AlignmentError.invalidFile(
                path: path, reason: "a recording of the reference set cannot be read: \(bad.reason)")
        }
        let batch = ClipBatch(
            folder.recordings.map { Clip(name: $0.path, source: .file($0.path)) }, cache: cache, onProgress: onProgress)
        let all = try batch.pooled(Array(batch.clips.indices), by: encoder)
        let summaries = try batch.summaries(by: encoder)
        embeddings = all
        self.summaries = try EmbeddingSet(summaries.flatMap { $0 }, count: summaries.count, dimension: encoder.dimension)
        description = "\(path) (\(batch.clips.count) recording\(batch.clips.count == 1 ? "" : "s"), \(all.count) embeddings)"
    }

    /// Captions, one a line; empty lines are left out.
    public init(captions path: String, encoder: any AudioTextEncoder) throws {
        let lines = try TextLines.read(path)
        let rows = try lines.map { try encoder.embedding(ofText: $0) }
        embeddings = try EmbeddingSet(rows: rows)
        summaries = embeddings
        description = "\(path) (\(rows.count) caption\(rows.count == 1 ? "" : "s"))"
    }

    /// A folder of recordings, or a file of captions.
    public init(
        _ path: String, encoder: any AudioEncoder, cache: EmbeddingCache,
        onProgress: @escaping @Sendable (_ done: Int, _ clip: String) throws -> Void = { _, _ in }
    ) throws {
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue, path.hasSuffix(".txt") {
            guard let text = encoder as? any AudioTextEncoder else { throw EncoderError.noTextSide(encoder: encoder.name) }
            try self.init(captions: path, encoder: text)
        } else {
            try self.init(folder: path, encoder: encoder, cache: cache, onProgress: onProgress)
        }
    }
}

/// Files with one text a line.
public enum TextLines {
    /// The lines that are not empty, without blanks at their ends.
    ///
    /// - Throws: ``AlignmentError/invalidFile(path:reason:)``.
    public static func read(_ path: String) throws -> [String] {
        let lines = try text(path).split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
        guard !lines.isEmpty else { throw AlignmentError.invalidFile(path: path, reason: "it holds no text") }
        return lines
    }

    static func text(_ path: String, maximumSize: Int = 16 << 20) throws -> String {
        let attributes = try? FileManager.default.attributesOfItem(
            atPath: URL(fileURLWithPath: path).resolvingSymlinksInPath().path)
        guard let size = attributes?[.size] as? Int, attributes?[.type] as? FileAttributeType == .typeRegular else {
            throw AlignmentError.invalidFile(path: path, reason: "there is no such file")
        }
        guard size <= maximumSize else {
            throw AlignmentError.invalidFile(path: path, reason: "it has \(size) bytes, and at most \(maximumSize) are read")
        }
        guard let data = FileManager.default.contents(atPath: path), let text = String(validating: data, as: UTF8.self) else {
            throw AlignmentError.invalidFile(path: path, reason: "it is no readable UTF-8 text")
        }
        return text
    }
}
