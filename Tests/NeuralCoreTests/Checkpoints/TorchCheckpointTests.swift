import Foundation
import NeuralCore
import TestSupport
import Testing

/// What PyTorch wrote reads as PyTorch reads it, bit for bit; what it should not have written is refused by name.
@Suite struct TorchCheckpointTests {
    @Test(arguments: CorpusFile.readable)
    func tensorsAreThoseOfPyTorch(_ file: CorpusFile) throws {
        let checkpoint = try TorchCheckpoint(path: file.path)
        for name in try #require(file.tensors) {
            let value = name.split(separator: "/").reduce(checkpoint.root) { $0[String($1)] }
            let tensor = try #require(value.tensor, "\(name)"), key = "\(file.name)/\(name)"
            #expect(tensor.shape == (try CorpusFile.expected.shape(key)), "\(name)")
            let expected = try CorpusFile.expected.doubles(key)
            #expect(try checkpoint.doubles(tensor) == expected, "\(name)")
            #expect(try checkpoint.tensor(tensor).values == expected.map { Float($0) }, "\(name)")
        }
    }

    @Test(arguments: CorpusFile.refused)
    func othersAreRefusedByName(_ file: CorpusFile) throws {
        do {
            _ = try TorchCheckpoint(path: file.path)
            Issue.record("the file was accepted")
        } catch let error as CheckpointError {
            let message = error.localizedDescription
            #expect(message.contains(file.path))
            for word in file.refusal { #expect(message.contains(word), "\(word) is missing in: \(message)") }
        }
    }

    @Test(arguments: CorpusFile.partlyReadable)
    func numbersThatCannotBeReadAreNamed(_ file: CorpusFile) throws {
        let checkpoint = try TorchCheckpoint(path: file.path)
        let tensors = try #require(checkpoint.root.members).compactMap(\.value.tensor)
        #expect(!tensors.isEmpty)
        var messages: [String] = []
        for tensor in tensors {
            do { _ = try checkpoint.tensor(tensor) } catch { messages.append(error.localizedDescription) }
        }
        #expect(messages.contains { $0.contains(file.unreadable!) }, "\(messages)")
    }

    /// The whole tree of values, in every protocol.
    @Test(arguments: 0...5)
    func valuesOfEveryProtocol(_ version: Int) throws {
        let root = try TorchCheckpoint(path: CorpusFile.folder.appendingPathComponent("protocol\(version).pt").path).root
        let numbers = try #require(root["n"].elements)
        #expect(numbers.prefix(5).map(\.int) == [1, -2, 300, 70_000, -5_000_000_000])
        #expect(numbers[5].double == 1.5)
        #expect(numbers[6].bool == true && numbers[7].bool == false && numbers[8].isNone)
        // Protocol 0 writes text in an escaped form, which is kept.
        #expect(version == 0 || numbers[9].string == "äπ\n")
        #expect(root["s"].elements.map { Set($0.map(\.int)) } == [1, 2])
        #expect(root["p"].json() == .array([.integer(1), .array([.integer(2)]), .array([]),
            .array([1, 2, 3].map { .integer($0) }), .array([1, 2, 3, 4].map { .integer($0) })]))
        #expect(root["d"]["a"].int == 1 && root["f"].elements?.first?.int == 3)
        #expect(root["c"]["a"].int == 2 && root["c"]["b"].int == 1)
    }

    @Test func namesAreInertText() throws {
        let folder = CorpusFile.folder
        let settings = try TorchCheckpoint(path: folder.appendingPathComponent("named-class.ckpt").path).root["hyper_parameters"]
        #expect(settings["data_module_cls"].name == "sgmse.data_module.SpecsDataModule")
        #expect(settings.json()["data_module_cls"].string == "sgmse.data_module.SpecsDataModule")
        let system = try TorchCheckpoint(path: folder.appendingPathComponent("named-system.ckpt").path).root
        #expect(system["f"].name == "posix.system")
    }

    @Test func namespacesAreSettings() throws {
        let root = try TorchCheckpoint(path: CorpusFile.folder.appendingPathComponent("namespace.ckpt").path).root
        let settings = root["hyper_parameters"].json()
        #expect(settings["backbone"].string == "ncsnpp" && settings["nf"].int == 4)
        #expect(settings["scale"].double == 0.5)
    }

    @Test func circularValuesEnd() throws {
        let root = try TorchCheckpoint(path: CorpusFile.folder.appendingPathComponent("circular.pt").path).root
        #expect(root["self"]["self"]["t"].tensor != nil)
        #expect(root.json().object != nil)
    }

    @Test func absentFileAndFolder() throws {
        let path = CorpusFile.folder.path
        #expect(throws: CheckpointError.notFound(path: path + "/none.pt")) { try TorchCheckpoint(path: path + "/none.pt") }
        #expect(throws: CheckpointError.self) { try TorchCheckpoint(path: path) }
    }

    /// Many calls on one shared list would copy it again and again.
    @Test func repeatedCopiesAreBounded() throws {
        var pickle: [UInt8] = [0x80, 2] + Array("(".utf8)
        for _ in 0..<20_000 { pickle += [0x4B, 1] }
        pickle += Array("lq\0cbuiltins\nset\nq\u{1}0".utf8)
        for _ in 0..<20_000 { pickle += Array("h\u{1}h\0".utf8) + [0x85] + Array("R0".utf8) }
        pickle += Array("N.".utf8)
        let scratch = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).pt")
        defer { try? FileManager.default.removeItem(at: scratch) }
        try Data(StoredZip([("a/data.pkl", pickle)]).bytes).write(to: scratch)
        do {
            _ = try TorchCheckpoint(path: scratch.path)
            Issue.record("accepted")
        } catch {
            #expect(error.localizedDescription.contains("too often"))
        }
    }
}

extension TorchCheckpointTests {
    /// The published programs' own checkpoints: the reader alone, against the tensors that PyTorch found in them.
    @Test(arguments: Fixture.all(in: "sgmse/ckpt_sgmse") + Fixture.all(in: "sgmse/ckpt_sb"))
    func lightningCheckpoint(_ fixture: Fixture) throws {
        let checkpoint = try TorchCheckpoint(path: fixture.path(of: try #require(fixture.config["ckpt"].string)))
        let raw = try SafeTensorsFile(path: fixture.path(of: "state_dict.safetensors"))
        let averaged = try SafeTensorsFile(path: fixture.path(of: "ema.safetensors"))
        let state = try checkpoint.tensors(checkpoint.root["state_dict"])
        #expect(Set(state.names) == Set(raw.names))
        for name in raw.names {
            #expect(try state.shape(name) == raw.shape(name))
            #expect(try state.doubles(name) == raw.doubles(name), "\(name)")
        }
        let shadow = try #require(checkpoint.root["ema"]["shadow_params"].elements).map { try #require($0.tensor) }
        let ordered = state.names.filter { averaged.contains($0) }
        try #require(shadow.count == ordered.count)
        for (tensor, name) in zip(shadow, ordered) {
            #expect(try checkpoint.doubles(tensor) == averaged.doubles(name), "\(name)")
        }
        let settings = checkpoint.root["hyper_parameters"].json(), listed = fixture.config["hyper_parameters"]
        for key in try #require(listed.object).keys where key != "data_module_cls" {
            #expect(settings[key] == listed[key], "\(key)")
        }
    }
}
