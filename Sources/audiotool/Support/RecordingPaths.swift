import AudioDSP
import Foundation

/// Recordings that a command was given: files by their names, folders for all that is below them.
enum RecordingPaths {
    /// - Throws: `AudioFolderError`, and `CommandFailure` for a recording in a folder that cannot be read.
    static func find(_ inputs: [String]) throws -> [String] {
        try inputs.flatMap { input -> [String] in
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: input, isDirectory: &isFolder), isFolder.boolValue else { return [input] }
            let folder = try AudioFolder(scanning: input, role: "recordings")
            if let bad = folder.unreadable.first { throw CommandFailure(bad.reason) }
            return folder.recordings.map(\.path)
        }
    }
}
