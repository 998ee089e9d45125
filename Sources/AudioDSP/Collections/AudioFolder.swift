import Foundation

/// What a folder holds for training: every readable recording below it, in a fixed order.
///
///     let folder = try AudioFolder(scanning: "speech/train", role: "speech")
///     print(folder.recordings.count, folder.groups.count)
///
/// Any format and sample rate that ``AudioFileReader`` reads may be mixed. Files that are no audio are ignored;
/// audio that cannot be read is listed in ``unreadable``, never dropped silently.
public struct AudioFolder: Sendable {
    /// One readable recording.
    public struct Recording: Sendable, Equatable {
        public let path: String
        /// The path below the scanned folder, with `/` between the parts.
        public let relativePath: String
        /// The first folder below the scanned one (a speaker, for speech), or the file itself where there is none.
        public let group: String
        public let sampleRate: Int
        public let channels: Int
        /// `nil` where the header does not say.
        public let frameCount: Int?
    }

    /// A file that looks like audio and could not be opened, with the reason.
    public struct Unreadable: Sendable, Equatable {
        public let path: String
        public let reason: String
    }

    public let path: String
    /// What the folder is for, as messages name it: "speech", "noise".
    public let role: String
    public let recordings: [Recording]
    public let unreadable: [Unreadable]

    /// Endings that are taken for audio, among them ones that can only be refused by name.
    static let audioExtensions: Set<String> = [
        "wav", "wave", "rf64", "w64", "bwf", "flac", "ogg", "oga", "opus", "mp3", "aif", "aiff", "aifc", "caf", "au", "snd",
        "m4a", "aac", "mp4", "wma",
    ]

    /// Looks through a folder and everything below it, in the order of the relative paths.
    ///
    /// - Throws: ``AudioFolderError`` when the folder is missing, cannot be listed, or holds no readable audio.
    public init(scanning path: String, role: String) throws {
        self.path = path
        self.role = role
        var recordings: [Recording] = []
        var unreadable: [Unreadable] = []
        var others = 0
        for relativePath in try Self.files(below: path, role: role) {
            let file = path.hasSuffix("/") ? path + relativePath : path + "/" + relativePath
            let name = (relativePath as NSString).lastPathComponent
            guard !name.hasPrefix("."), Self.audioExtensions.contains((name as NSString).pathExtension.lowercased()) else {
                others += 1
                continue
            }
            do {
                let info = try AudioFile.info(file)
                recordings.append(Recording(
                    path: file, relativePath: relativePath,
                    group: relativePath.split(separator: "/").first.map(String.init) ?? relativePath,
                    sampleRate: info.sampleRate, channels: info.channels, frameCount: info.frameCount))
            } catch {
                unreadable.append(Unreadable(path: file, reason: error.localizedDescription))
            }
        }
        guard !recordings.isEmpty else {
            throw AudioFolderError.noAudio(role: role, path: path, otherFiles: others, unreadable: unreadable)
        }
        self.recordings = recordings
        self.unreadable = unreadable
    }

    /// The groups (speakers) in order.
    public var groups: [String] {
        Set(recordings.map(\.group)).sorted()
    }

    /// The recordings of the groups for which `isIncluded` holds.
    public func filtered(_ isIncluded: (Recording) -> Bool) -> AudioFolder {
        AudioFolder(path: path, role: role, recordings: recordings.filter(isIncluded), unreadable: [])
    }

    private init(path: String, role: String, recordings: [Recording], unreadable: [Unreadable]) {
        (self.path, self.role, self.recordings, self.unreadable) = (path, role, recordings, unreadable)
    }

    private static func files(below path: String, role: String) throws -> [String] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw AudioFolderError.notFound(role: role, path: path)
        }
        guard isFolder.boolValue else { throw AudioFolderError.notAFolder(role: role, path: path) }
        do {
            return try list(path, prefix: "").sorted()
        } catch {
            throw AudioFolderError.notReadable(role: role, path: path, reason: error.localizedDescription)
        }
    }

    private static func list(_ folder: String, prefix: String, depth: Int = 0) throws -> [String] {
        guard depth < 64 else { return [] } // a link that leads back up
        var found: [String] = []
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
            let full = folder + "/" + name
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: full, isDirectory: &isFolder) else { continue }
            if isFolder.boolValue {
                if !name.hasPrefix(".") { found += try list(full, prefix: prefix + name + "/", depth: depth + 1) }
            } else {
                found.append(prefix + name)
            }
        }
        return found
    }
}

/// Why a folder cannot serve as training or test data.
public enum AudioFolderError: LocalizedError, Equatable {
    case notFound(role: String, path: String)
    case notAFolder(role: String, path: String)
    case notReadable(role: String, path: String, reason: String)
    case noAudio(role: String, path: String, otherFiles: Int, unreadable: [AudioFolder.Unreadable])
    case tooLittle(role: String, path: String, seconds: Double, needed: Double)
    case tooFewGroups(role: String, path: String, groups: Int, needed: Int, advice: String)

    public var errorDescription: String? {
        switch self {
        case .notFound(let role, let path):
            "There is no \(role) folder at \(path)."
        case .notAFolder(let role, let path):
            "\(path) is a file; the \(role) folder is wanted."
        case .notReadable(let role, let path, let reason):
            "The \(role) folder \(path) cannot be listed: \(reason)"
        case .noAudio(let role, let path, let others, let unreadable):
            if let first = unreadable.first {
                "None of the \(unreadable.count) audio files in the \(role) folder \(path) can be read; the first: \(first.reason)"
            } else if others > 0 {
                "The \(role) folder \(path) holds \(others) files, none of them audio. WAV, FLAC, Ogg, Opus, MP3 and AIFF are read."
            } else {
                "The \(role) folder \(path) is empty."
            }
        case .tooLittle(let role, let path, let seconds, let needed):
            "The \(role) folder \(path) holds \(seconds.formatted(decimals: 1)) s of sound and at least \(needed.formatted(decimals: 0)) s are needed."
        case .tooFewGroups(let role, let path, let groups, let needed, let advice):
            "The \(role) folder \(path) has \(groups) of the \(needed) separate \(role == "speech" ? "speakers" : "recordings") needed. \(advice)"
        }
    }
}

extension Double {
    func formatted(decimals: Int) -> String { String(format: "%.\(decimals)f", self) }
}
