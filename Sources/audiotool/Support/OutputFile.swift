import Foundation
import NeuralCore

/// Files of results that are no sound: pictures, tables, reports.
enum OutputFile {
    /// Writes a file that appears whole or not at all.
    static func write(_ data: Data, to path: String) throws {
        do {
            let file = try AtomicFile(path: path, mode: 0o666)
            try data.withUnsafeBytes { try file.write($0) }
            try file.commit()
        } catch CheckpointError.notWritten(_, let reason) {
            throw CommandFailure("\(path) cannot be written: \(reason).")
        }
    }
}
