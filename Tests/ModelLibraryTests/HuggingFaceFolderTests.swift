import Foundation
import NeuralCore
import Testing

@testable import ModelLibrary

@Suite struct HuggingFaceFolderTests {
    private final class Folder {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("hf-folder-\(UUID().uuidString)")
        var path: String { url.path }

        init(config: String? = #"{"model_type": "clap", "sizes": [1, 2]}"#) throws {
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
            if let config { try write(config, "config.json") }
        }
        deinit { try? FileManager.default.removeItem(at: url) }

        func write(_ text: String, _ name: String) throws { try Data(text.utf8).write(to: url.appendingPathComponent(name)) }

        func weights(_ name: String, _ tensors: [(String, [Float])]) throws {
            try SafeTensorsFile.write(tensors.map { ($0, Tensor($1, shape: [$1.count])) }, to: path + "/" + name)
        }

        /// Two shards of 8 and 4 bytes.
        func shards(map: String = #""a": "one.safetensors", "b": "two.safetensors""#, size: String = "12") throws {
            try weights("one.safetensors", [("a", [1, 2])])
            try weights("two.safetensors", [("b", [3])])
            try write(#"{"metadata": {"total_size": \#(size)}, "weight_map": {\#(map)}}"#, "model.safetensors.index.json")
        }

        func fails(with words: String, sourceLocation: SourceLocation = #_sourceLocation) {
            do {
                _ = try HuggingFaceFolder(path: path)
                Issue.record("It was read.", sourceLocation: sourceLocation)
            } catch {
                let text = error.localizedDescription
                #expect(text.contains(words) && text.contains(path), "\(text)", sourceLocation: sourceLocation)
            }
        }
    }

    @Test func oneFile() throws {
        let folder = try Folder()
        try folder.weights("model.safetensors", [("a", [1, 2]), ("b", [3])])
        try folder.write(#"{"x": 0}"#, "vocab.json")
        #expect(HuggingFaceFolder.isOne(folder.path) && !HuggingFaceFolder.isOne(folder.path + "/config.json"))
        let read = try HuggingFaceFolder(path: folder.path)
        #expect(read.modelType == "clap" && read.config["sizes"].ints == [1, 2])
        #expect(try read.tensors.names == ["a", "b"] && read.tensors.tensor("a").values == [1, 2])
        #expect(try read.json("vocab.json")?["x"].int == 0 && read.json("merges.txt") == nil)
        #expect(try read.text("vocab.json") == #"{"x": 0}"# && read.file("merges.txt") == nil)
    }

    @Test func shards() throws {
        let folder = try Folder()
        try folder.shards()
        let read = try HuggingFaceFolder(path: folder.path)
        #expect(Set(read.tensors.names) == ["a", "b"])
        #expect(try read.tensors.shape("b") == [1] && read.tensors.tensor("b").values == [3])
        #expect(!read.tensors.contains("c"))
        #expect(throws: CheckpointError.self) { try read.tensors.tensor("c") }
        try folder.shards(size: "12.0")
        #expect(throws: Never.self) { try HuggingFaceFolder(path: folder.path) }
    }

    @Test func unsoundIndexes() throws {
        let folder = try Folder()
        try folder.shards(size: "16")
        folder.fails(with: "the shards hold 12 bytes of tensors, the index says 16")
        try folder.shards(map: #""a": "one.safetensors", "b": "three.safetensors""#)
        folder.fails(with: "the shard three.safetensors is missing")
        try folder.shards(map: #""a": "one.safetensors", "b": "one.safetensors""#)
        folder.fails(with: "b is not in one.safetensors")
        try folder.shards(map: #""a": "two.safetensors", "b": "two.safetensors""#)
        folder.fails(with: "a is not in two.safetensors")
        try folder.shards()
        try folder.weights("two.safetensors", [("b", [3]), ("a", [1])])
        folder.fails(with: "two.safetensors holds a, which belongs in one.safetensors")
        try folder.weights("two.safetensors", [("b", [3]), ("c", [1])])
        folder.fails(with: "two.safetensors holds c, which is not in the index")
        for path in ["../one.safetensors", "/one.safetensors", "..", "", "sub/one.safetensors"] {
            try folder.shards(map: #""a": "one.safetensors", "b": "\#(path)""#)
            folder.fails(with: "b is not in a file of the same folder")
        }
        try folder.shards(map: #""a": "one.safetensors", "b": 3"#)
        folder.fails(with: "b is not in a file of the same folder")
        try folder.shards(map: "")
        folder.fails(with: "it has no \"weight_map\"")
        try folder.shards(map: #""a": "one.safetensors", "a": "two.safetensors""#)
        folder.fails(with: "comes twice")
        try folder.shards()
        try folder.write("no tensors", "two.safetensors")
        folder.fails(with: "two.safetensors")
    }

    @Test func unsoundFolders() throws {
        let folder = try Folder(config: nil)
        folder.fails(with: "it has no config.json")
        try folder.write("[1]", "config.json")
        folder.fails(with: "no JSON object")
        try folder.write("{", "config.json")
        folder.fails(with: "not valid JSON")
        try folder.write("{}", "config.json")
        folder.fails(with: "neither model.safetensors nor pytorch_model.bin")
        #expect(throws: CheckpointError.notFound(path: folder.path + "/no")) { try HuggingFaceFolder(path: folder.path + "/no") }
        #expect(throws: ModelError.self) { try HuggingFaceFolder(path: folder.path + "/config.json") }
        try FileManager.default.createDirectory(atPath: folder.path + "/vocab.json", withIntermediateDirectories: true)
        try folder.weights("model.safetensors", [("a", [1])])
        #expect(try HuggingFaceFolder(path: folder.path).json("vocab.json") == nil)
    }
}
