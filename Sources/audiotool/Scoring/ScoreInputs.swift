import Alignment
import AudioDSP
import Foundation
import NeuralCore

/// The recordings to be scored, with their prompts, and those that cannot be read.
struct ScoreInputs {
    struct Failure: Encodable {
        var path: String
        var reason: String
    }

    let clips: [Clip]
    let failed: [Failure]

    /// - Throws: `AudioFolderError`, `CommandFailure` for prompts that do not fit and where not one recording can be read,
    ///   `CancellationError`.
    init(_ inputs: [String], prompt: String?, prompts: String?, isCancelled: @escaping @Sendable () -> Bool) throws {
        var paths: [String] = [], failed: [Failure] = []
        for input in inputs {
            var isFolder: ObjCBool = false
            if FileManager.default.fileExists(atPath: input, isDirectory: &isFolder), isFolder.boolValue {
                let folder = try AudioFolder(scanning: input, role: "recordings")
                paths += folder.recordings.map(\.path)
                failed += folder.unreadable.map { Failure(path: $0.path, reason: $0.reason) }
            } else {
                paths.append(input)
            }
        }
        var seen: Set<String> = []
        if let twice = paths.first(where: { !seen.insert($0).inserted }) { throw CommandFailure("\(twice) is given twice.") }
        let texts = try Self.texts(for: paths, prompt: prompt, file: prompts)
        // Every recording is read to its end first: what fails is told, and not one score is of half a recording.
        let faults = parallelMap(paths.count) { [paths] index in isCancelled() ? nil : Self.fault(of: paths[index]) }
        if isCancelled() { throw CancellationError() }
        var clips: [Clip] = []
        for (index, path) in paths.enumerated() {
            if let reason = faults[index] {
                failed.append(Failure(path: path, reason: reason))
            } else {
                clips.append(Clip(name: path, source: .file(path), prompt: texts[index]))
            }
        }
        guard !clips.isEmpty else {
            throw CommandFailure(
                "Not one of \(failed.count) recordings can be read; the first: \(failed.first?.reason ?? "none")")
        }
        (self.clips, self.failed) = (clips, failed)
    }

    /// What is wrong with a recording, nil for a sound one.
    private static func fault(of path: String) -> String? {
        do {
            let sound = try AudioFile.read(path)
            if sound.frameCount == 0 { return "it is empty" }
            return sound.channels.allSatisfy { $0.allSatisfy(\.isFinite) } ? nil : "it holds samples that are not finite numbers"
        } catch {
            return error.localizedDescription
        }
    }

    private static func texts(for paths: [String], prompt: String?, file: String?) throws -> [String?] {
        guard let file else { return paths.map { _ in prompt } }
        let lines = try TextLines.read(file)
        guard lines.contains(where: { $0.contains("\t") }) else {
            guard lines.count == paths.count else {
                throw CommandFailure("\(file) has \(lines.count) prompts for \(paths.count) recordings. Give as many, or lines of file name, tab and prompt.")
            }
            return lines
        }
        var known: [String: String] = [:]
        for line in lines {
            let parts = line.split(separator: "\t", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            guard parts.count == 2, known[parts[0]] == nil else {
                throw CommandFailure("\(file): the line \"\(line.prefix(60))\" is not one file name, a tab and a prompt, or names a file again.")
            }
            known[parts[0]] = parts[1]
        }
        return try paths.map { path in
            guard let text = known[path] ?? known[(path as NSString).lastPathComponent] else {
                throw CommandFailure("\(file) has no prompt for \(path).")
            }
            return text
        }
    }
}
