import ArgumentParser
import AudioDSP
import Foundation

/// Which file becomes which, decided before any work.
struct OutputPlan {
    struct Job: Sendable {
        /// A path, or "-" for standard input.
        var input: String
        /// A path, or "-" for standard output.
        var output: String
        /// Whether the output's folder is made when it is missing.
        var makesFolder = false
    }

    private(set) var jobs: [Job] = []
    /// Files in the folders that are no audio, by their names.
    private(set) var ignored = 0

    /// - Parameters:
    ///   - inputs: files, folders and "-".
    ///   - output: a file, a folder or "-"; nil writes beside the inputs.
    ///   - suffix: what is then added to their names.
    /// - Throws: `ValidationError` where the arguments make no sense, `CommandFailure` where results would
    ///   overwrite each other.
    init(inputs: [String], output: String?, suffix: String) throws {
        let hasFolder = inputs.contains(where: Self.isFolder)
        if inputs.filter({ $0 == "-" }).count > 1 { throw ValidationError("Standard input can be read only once.") }
        guard let output else {
            if let folder = inputs.first(where: Self.isFolder) {
                throw ValidationError("\(folder) is a folder: say with --output where the results go.")
            }
            jobs = inputs.map { Job(input: $0, output: Self.defaultOutput(for: $0, suffix: suffix)) }
            try checkCollisions()
            return
        }
        if output == "-" {
            guard inputs.count == 1, !hasFolder else {
                throw ValidationError("Only a single recording can go to standard output.")
            }
            jobs = [Job(input: inputs[0], output: "-")]
            return
        }
        guard inputs.count > 1 || hasFolder || output.hasSuffix("/") || Self.isFolder(output) else {
            jobs = [Job(input: inputs[0], output: output)]
            return
        }
        if Self.exists(output), !Self.isFolder(output) {
            throw ValidationError("\(output) is a file; --output must be a folder here.")
        }
        for input in inputs {
            guard input != "-" else {
                throw ValidationError("Standard input has no name: --output must be a file.")
            }
            guard Self.isFolder(input) else {
                jobs.append(Job(input: input, output: Self.join(output, (input as NSString).lastPathComponent), makesFolder: true))
                continue
            }
            for relative in try files(below: input, besides: output) {
                jobs.append(Job(input: Self.join(input, relative), output: Self.join(output, relative), makesFolder: true))
            }
        }
        try checkCollisions()
    }

    /// street.wav becomes street-enhanced.wav beside it, with "-enhanced" as the suffix.
    static func defaultOutput(for input: String, suffix: String) -> String {
        guard input != "-" else { return "-" }
        let path = input as NSString
        let stem = path.deletingPathExtension + suffix
        return path.pathExtension.isEmpty ? stem : stem + "." + path.pathExtension
    }

    /// Whether a job writes over its own input.
    static func isInPlace(_ job: Job) -> Bool { identity(job.input) == identity(job.output) }

    private func checkCollisions() throws {
        var owners: [String: String] = [:]
        for job in jobs {
            if let other = owners.updateValue(job.input, forKey: Self.identity(job.output)) {
                throw CommandFailure(
                    "\(other) and \(job.input) would both be written to \(job.output). "
                        + "Give them different outputs, or pass the folder that holds both to keep the tree.")
            }
        }
        for job in jobs {
            if let writer = owners[Self.identity(job.input)], writer != job.input {
                throw CommandFailure("The result of \(writer) would overwrite the input \(job.input).")
            }
        }
    }

    /// - Parameter output: where results go. What lies there is not taken for input if that is below `folder`.
    private mutating func files(below folder: String, besides output: String) throws -> [String] {
        do {
            let own = Self.identity(folder), results = Self.identity(output)
            let all = try Self.list(folder, prefix: "", above: own == results ? [own] : [own, results]).sorted()
            let audio = all.filter { Self.extensions.contains(($0 as NSString).pathExtension.lowercased()) }
            ignored += all.count - audio.count
            guard !audio.isEmpty else {
                throw CommandFailure(
                    all.isEmpty ? "The folder \(folder) is empty." : "None of the \(all.count) files in \(folder) is audio.")
            }
            return audio
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure("The folder \(folder) cannot be listed: \(error.localizedDescription)")
        }
    }

    /// - Parameter above: folders that are not entered, among them those that lead here: a link may go back up.
    private static func list(_ folder: String, prefix: String, above: Set<String>) throws -> [String] {
        var found: [String] = []
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) where !name.hasPrefix(".") {
            let path = join(folder, name)
            if isFolder(path) {
                let own = identity(path)
                if above.contains(own) { continue }
                found += try list(path, prefix: prefix + name + "/", above: above.union([own]))
            } else {
                found.append(prefix + name)
            }
        }
        return found
    }

    /// Endings taken for audio, among them those of formats that are only refused by name.
    private static let extensions: Set<String> = [
        "wav", "wave", "rf64", "w64", "bwf", "flac", "ogg", "oga", "opus", "mp3", "aif", "aiff", "aifc", "caf", "au", "snd",
        "m4a", "aac", "mp4", "wma",
    ]

    private static func identity(_ path: String) -> String {
        path == "-" ? "-" : URL(fileURLWithPath: path).standardizedFileURL.resolvingSymlinksInPath().path
    }

    static func join(_ folder: String, _ name: String) -> String {
        folder.hasSuffix("/") ? folder + name : folder + "/" + name
    }

    static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    static func isFolder(_ path: String) -> Bool {
        path != "-" && FileManager.default.isFolder(path)
    }
}
