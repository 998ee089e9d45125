import Foundation

/// The Python process that does the same work.
final class Twin {
    struct Failure: LocalizedError {
        let errorDescription: String?
    }

    private let process = Process()
    private let input = Pipe(), output = Pipe()
    private var received = Data()

    /// Starts the process and waits until its work is prepared.
    init(python: String, workload: some Workload, threads: Int) throws {
        let script = projectFolder.appendingPathComponent("recipes/benchmark_twin.py")
        let settings = workload.settings.merging(["threads": threads]) { own, _ in own }
        process.executableURL = URL(fileURLWithPath: python)
        process.arguments = [
            script.path, String(decoding: try JSONSerialization.data(withJSONObject: settings), as: UTF8.self),
        ]
        process.standardInput = input
        process.standardOutput = output
        do {
            try process.run()
        } catch {
            throw Failure(errorDescription: "\(python) cannot be started: \(error.localizedDescription)")
        }
        guard try line().hasPrefix("ready") else { throw Failure(errorDescription: "\(python) gave no answer.") }
    }

    deinit {
        try? input.fileHandleForWriting.close()
        if process.isRunning { process.waitUntilExit() }
    }

    /// Seconds of one unit of work, measured by the process itself.
    func run() throws -> Double {
        guard (try? input.fileHandleForWriting.write(contentsOf: Data("go\n".utf8))) != nil, let seconds = Double(try line()) else { throw Failure(errorDescription: "The Python side failed.") }
        return seconds
    }

    /// In MiB, PyTorch's libraries included.
    var peakMemory: Int? { PeakMemory.of(process: "\(process.processIdentifier)") }

    private func line() throws -> String {
        while true {
            if let end = received.firstIndex(of: UInt8(ascii: "\n")) {
                defer { received = Data(received[(end + 1)...]) }
                return String(decoding: received[..<end], as: UTF8.self)
            }
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else { throw Failure(errorDescription: "The Python side ended early.") }
            received.append(more)
        }
    }
}
