import Foundation
import Testing

/// The built program, which lies beside the test bundle.
enum Tool {
    struct Outcome {
        var code: Int32
        /// Whether a signal ended it.
        var wasKilled: Bool
        var output: Data
        var errors: String
        var seconds: Double

        var text: String { String(decoding: output, as: UTF8.self) }
        var errorLines: [Substring] { errors.split(separator: "\n") }
    }

    static let path: String = {
        let test = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
            ?? CommandLine.arguments[0]
        let folder = URL(fileURLWithPath: test).deletingLastPathComponent()
        let program = folder.appendingPathComponent("audiotool").path
        guard FileManager.default.isExecutableFile(atPath: program) else {
            fatalError("There is no program at \(program). Build it first: swift build --build-tests.")
        }
        return program
    }()

    /// A copy in a folder without models. Another process makes it: what this one has open for writing, every program that
    /// it starts meanwhile has too, and a file open for writing cannot be run.
    static func lonely(in folder: Scratch) throws -> String {
        let copy = folder.path("alone/audiotool")
        try FileManager.default.createDirectory(atPath: folder.path("alone"), withIntermediateDirectories: true)
        #expect(try run([path, copy], program: "/bin/cp").code == 0)
        return copy
    }

    /// Runs the program to its end.
    static func run(
        _ arguments: [String], program: String = path, in folder: Scratch? = nil, input: Data? = nil,
        environment: [String: String] = [:]
    ) throws -> Outcome {
        let running = try Running(
            arguments, program: program, in: folder, input: input, environment: environment)
        return try running.wait()
    }

    static func run(_ arguments: String..., in folder: Scratch? = nil) throws -> Outcome {
        try run(arguments, in: folder)
    }

    /// The program at work.
    final class Running {
        let process = Process()
        private let folder: URL
        private let start = Date()

        init(
            _ arguments: [String], program: String, in scratch: Scratch?, input: Data?, environment: [String: String]
        ) throws {
            folder = FileManager.default.temporaryDirectory.appendingPathComponent("audiotool-run-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            process.executableURL = URL(fileURLWithPath: program)
            process.arguments = arguments
            if let scratch { process.currentDirectoryURL = scratch.url }
            // The models of whoever runs the tests are none of theirs.
            let own = [
                "XDG_DATA_HOME": folder.appendingPathComponent("data").path,
                "XDG_CACHE_HOME": folder.appendingPathComponent("cache").path,
            ]
            process.environment = ProcessInfo.processInfo.environment
                .filter { $0.key != "AUDIOTOOL_MODELS" }
                .merging(own) { $1 }.merging(environment) { $1 }
            process.standardOutput = try Self.newFile(folder.appendingPathComponent("out"))
            process.standardError = try Self.newFile(folder.appendingPathComponent("err"))
            if let input {
                // A pipe, as a shell would make: it cannot be read twice.
                let pipe = Pipe()
                process.standardInput = pipe
                try process.run()
                DispatchQueue.global().async {
                    signal(SIGPIPE, SIG_IGN)
                    try? pipe.fileHandleForWriting.write(contentsOf: input)
                    try? pipe.fileHandleForWriting.close()
                }
            } else {
                process.standardInput = FileHandle.nullDevice
                try process.run()
            }
        }

        /// Waits for the end and returns the largest resident memory seen, in bytes.
        func peakMemory() -> Int {
            var peak = 0
            while process.isRunning {
                let status = (try? String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)) ?? ""
                let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
                let kilobytes = line?.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Int($0) }
                peak = max(peak, (kilobytes ?? 0) << 10)
                usleep(20_000)
            }
            return peak
        }

        func wait() throws -> Outcome {
            process.waitUntilExit()
            defer { try? FileManager.default.removeItem(at: folder) }
            return Outcome(
                code: process.terminationStatus, wasKilled: process.terminationReason == .uncaughtSignal,
                output: try Data(contentsOf: folder.appendingPathComponent("out")),
                errors: String(decoding: try Data(contentsOf: folder.appendingPathComponent("err")), as: UTF8.self),
                seconds: Date().timeIntervalSince(start))
        }

        private static func newFile(_ url: URL) throws -> FileHandle {
            try Data().write(to: url)
            return try FileHandle(forWritingTo: url)
        }
    }
}

/// Fails unless the program refused: exit code 1, one line that contains every one of `words`, nothing on standard
/// output, nothing left behind.
func expectRefusal(
    _ outcome: Tool.Outcome, saying words: String..., leaving folder: Scratch? = nil, files: [String]? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(outcome.code == 1 && !outcome.wasKilled, "exit code \(outcome.code): \(outcome.errors)", sourceLocation: sourceLocation)
    #expect(outcome.errorLines.count == 1, "one line, not: \(outcome.errors)", sourceLocation: sourceLocation)
    #expect(outcome.output.isEmpty, "standard output: \(outcome.text)", sourceLocation: sourceLocation)
    for word in words {
        #expect(outcome.errors.contains(word), "\(word) is missing in: \(outcome.errors)", sourceLocation: sourceLocation)
    }
    if let folder, let files {
        #expect(folder.files == files.sorted(), "files left", sourceLocation: sourceLocation)
    }
}
