import Foundation
import Testing

@testable import ModelLibrary

@Suite struct HashMemoryTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("hashes-\(UUID().uuidString)")

    /// What is remembered is used while a file is as it was, and not a moment longer.
    @Test func remembersWhatHasNotChanged() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let file = folder.appendingPathComponent("model"), cache = folder.appendingPathComponent("cache").path
        let memory = HashMemory(folder: cache, smallestSize: 10)
        func entries() -> [String] { (try? FileManager.default.contentsOfDirectory(atPath: cache)) ?? [] }
        try Data("0123456789abc".utf8).write(to: file)
        let own = try memory.digest(ofFile: file.path)
        #expect(try own == SHA256.digest(ofFile: file.path))
        #expect(entries().isEmpty, "a file that has just changed may change again")
        Thread.sleep(forTimeInterval: 2.1)
        #expect(try memory.digest(ofFile: file.path) == own && entries().count == 1)

        // Proof that it is read from there: the entry is made to lie.
        let entry = cache + "/" + entries()[0], lines = try String(contentsOfFile: entry, encoding: .utf8).split(separator: "\n")
        let lie = String(repeating: "f", count: 64)
        try Data("\(lines[0])\n\(lie)\n".utf8).write(to: URL(fileURLWithPath: entry))
        #expect(try memory.digest(ofFile: file.path) == lie)
        try Data("0123456789abd".utf8).write(to: file)
        #expect(try memory.digest(ofFile: file.path) == SHA256.digest(ofFile: file.path))
        // The same length and the old time, in place.
        try Data("rubbish".utf8).write(to: URL(fileURLWithPath: entry))
        #expect(try memory.digest(ofFile: file.path) == SHA256.digest(ofFile: file.path))
        #expect(try HashMemory(folder: nil).digest(ofFile: file.path) == SHA256.digest(ofFile: file.path))
        #expect(throws: (any Error).self) { try memory.digest(ofFile: folder.path + "/none") }
    }
}
