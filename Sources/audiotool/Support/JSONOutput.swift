import Foundation

/// Machine-readable results on standard output.
enum JSONOutput {
    static func print(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try write(String(decoding: encoder.encode(value), as: UTF8.self))
    }

    private static func write(_ text: String) throws {
        try FileHandle.standardOutput.write(contentsOf: Data((text + "\n").utf8))
    }
}

/// A failure that ends the command with one line and exit code 1.
struct CommandFailure: LocalizedError {
    let errorDescription: String?
    init(_ message: String) { errorDescription = message }
}
