import Foundation
import NeuralCore

/// A recording and what is said of it.
public struct CaptionedClip: Sendable, Equatable {
    public let path: String
    public let caption: String
    public let facts: MusicFacts
    /// Clips of one tune belong together: none of them validates what others trained.
    public let group: String
}

/// A folder of recordings with a `clips.jsonl`: a JSON object on each line with `file`, relative to the folder, and
/// `caption`. What else is known of a clip may stand there under the names of ``MusicFacts``, and `tune`.
public struct CaptionedFolder: Sendable {
    public let path: String
    public let clips: [CaptionedClip]

    public static let listName = "clips.jsonl"

    /// - Throws: ``TextEncodingError`` naming the line that cannot be used.
    public init(path: String) throws {
        let list = path + "/" + Self.listName
        guard let data = FileManager.default.contents(atPath: list) else { throw TextEncodingError.noCaptions(path: path) }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw TextEncodingError.invalidCaption(path: list, line: 1, reason: "the file is no UTF-8 text")
        }
        var clips: [CaptionedClip] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            guard line.contains(where: { !$0.isWhitespace }) else { continue }
            clips.append(try Self.clip(String(line), number: index + 1, list: list, folder: path))
        }
        guard !clips.isEmpty else { throw TextEncodingError.noCaptions(path: path) }
        (self.path, self.clips) = (path, clips)
    }

    private static func clip(_ line: String, number: Int, list: String, folder: String) throws -> CaptionedClip {
        func fault(_ reason: String) -> TextEncodingError { .invalidCaption(path: list, line: number, reason: reason) }
        guard let entry = try? JSONValue(parsing: line), entry.object != nil else { throw fault("it is no JSON object") }
        guard let file = entry["file"].string, !file.isEmpty, !file.contains("\0") else { throw fault("\"file\" is missing or no text") }
        guard let caption = entry["caption"].string else { throw fault("\"caption\" is missing or no text") }
        guard caption.contains(where: { !$0.isWhitespace }) else { throw fault("\"caption\" is empty") }
        let facts: MusicFacts
        do { facts = try MusicFacts(entry) } catch let error as MusicFacts.Fault { throw fault(error.reason) }
        let path = file.hasPrefix("/") ? file : folder + "/" + file
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else {
            throw TextEncodingError.missingRecording(path: list, line: number, recording: path)
        }
        return CaptionedClip(path: path, caption: caption, facts: facts, group: entry["tune"].string ?? file)
    }
}
