import Foundation
import NeuralCore
import Testing

@testable import Training

@Suite struct CheckpointStoreTests {
    private let folder = TemporaryFolder()
    private var store: CheckpointStore { CheckpointStore(folder: folder.path) }

    private func write(_ step: Int) throws -> String {
        try store.write(
            [("weights.b", Tensor([Float(step), 2, 3], shape: [3])), ("weights.a", Tensor([1, 2, 3, 4], shape: [2, 2]))],
            metadata: ["note": "step \(step)"], step: step)
    }

    private func newest() throws -> (step: Int, notes: [String])? {
        var notes: [String] = []
        return try store.newest { notes.append($0) }.map { ($0.step, notes) }
    }

    @Test func keepsTheLastTwo() throws {
        #expect(try newest() == nil)
        for step in [5, 10, 100_000_000, 100_000_005] { _ = try write(step) }
        #expect(store.list().map(\.step) == [100_000_005, 100_000_000])
        let entry = try #require(try store.newest { _ in })
        #expect(entry.step == 100_000_005 && entry.file.metadata["note"] == "step 100000005")
        #expect(try entry.file.tensor("weights.b").values == [Float(100_000_005), 2, 3])
    }

    @Test(arguments: ["cut", "empty", "bit", "metadata"])
    func passesOverADamagedOne(kind: String) throws {
        _ = try write(1)
        let path = try write(2)
        var data = try Data(contentsOf: URL(fileURLWithPath: path))
        switch kind {
        case "cut": data = data.prefix(data.count - 3)
        case "empty": data = Data()
        case "bit": data[data.count - 2] ^= 4
        default:
            let range = try #require(data.range(of: Data("step 2".utf8)))
            data.replaceSubrange(range, with: Data("step 3".utf8))
        }
        try data.write(to: URL(fileURLWithPath: path))
        let found = try #require(try newest())
        #expect(found.step == 1)
        #expect(found.notes.count == 1 && found.notes[0].contains(path) && found.notes[0].contains("damaged"))
    }

    @Test func failsWhenAllAreDamaged() throws {
        for step in [1, 2] { try Data("rubbish".utf8).write(to: URL(fileURLWithPath: try write(step))) }
        #expect { _ = try newest() } throws: { $0.localizedDescription.contains("No checkpoint of \(folder.path)") }
    }
}

@Suite struct TrainingLogTests {
    private let folder = TemporaryFolder()

    @Test func dropsWhatLiesAfterTheCheckpointAndATornLine() throws {
        let path = folder.path + "/log.jsonl"
        let log = try TrainingLog(path: path, keepingThrough: 0)
        for step in 1...5 { try log.append(StepEntry(step: step, loss: 1 / Float(step), gradientNorm: 1, learningRate: 0.1)) }
        let whole = try String(contentsOfFile: path, encoding: .utf8)
        try Data((whole + #"{"step": 6, "lo"#).utf8).write(to: URL(fileURLWithPath: path))

        let resumed = try TrainingLog(path: path, keepingThrough: 3)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == whole.split(separator: "\n").prefix(3).joined(separator: "\n") + "\n")
        for step in 4...5 { try resumed.append(StepEntry(step: step, loss: 1 / Float(step), gradientNorm: 1, learningRate: 0.1)) }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == whole)
    }
}

/// A folder that disappears with the value that holds it.
private final class TemporaryFolder: Sendable {
    let path: String

    init() {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("training-\(UUID().uuidString)").path
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
