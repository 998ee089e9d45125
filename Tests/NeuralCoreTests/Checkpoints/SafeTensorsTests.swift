import Foundation
import NeuralCore
import TestSupport
import Testing

@Suite struct SafeTensorsTests {
    @Test func roundTripKeepsBitsOrderAndTexts() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/weights.safetensors"
            let values: [Float] = [0, -0.0, .leastNonzeroMagnitude, .infinity, -.greatestFiniteMagnitude, 0.1]
            let metadata = ["config": #"{"steps": [1, 2], "name": "caf\u00e9\n"}"#, "format": "pt"]
            try SafeTensorsFile.write(
                [("b.weight", Tensor(values, shape: [2, 3])), ("a", Tensor(scalar: 7)), ("empty", .zeros([0, 4]))],
                metadata: metadata, to: path)
            let file = try SafeTensorsFile(path: path)
            #expect(file.names == ["b.weight", "a", "empty"])
            #expect(file.metadata == metadata)
            let read = try file.tensor("b.weight")
            #expect(read.shape == [2, 3])
            #expect(read.values.map(\.bitPattern) == values.map(\.bitPattern))
            #expect(try file.tensor("a").shape == [])
            #expect(try file.tensor("empty").shape == [0, 4])
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["weights.safetensors"])
        }
    }

    @Test func everyTypeBecomesFloat() throws {
        let cases: [(String, [UInt8], [Float])] = [
            ("F64", [0, 0, 0, 0, 0, 0, 0xF8, 0x3F], [1.5]),
            ("F16", [0x00, 0x3E, 0x00, 0xC0, 0x01, 0x00, 0x00, 0x7C, 0xFF, 0x7B], [1.5, -2, 0x1p-24, .infinity, 65504]),
            ("BF16", [0xC0, 0x3F, 0x80, 0xBF], [1.5, -1]),
            ("I64", [0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], [-2]),
            ("I32", [0, 0, 1, 0], [65536]), ("I16", [0xFF, 0x7F], [32767]), ("I8", [0x80, 3], [-128, 3]),
            ("U8", [0, 255], [0, 255]), ("BOOL", [1, 0], [1, 0]),
        ]
        for (type, bytes, expected) in cases {
            let header = #"{"x":{"dtype":"\#(type)","shape":[\#(expected.count)],"data_offsets":[0,\#(bytes.count)]}}"#
            try withFile(header, data: bytes) { path in
                let file = try SafeTensorsFile(path: path)
                #expect(try file.tensor("x").values == expected, "\(type)")
                #expect(try file.doubles("x") == expected.map(Double.init), "\(type)")
                #expect(try file.dtype("x").rawValue == type)
            }
        }
    }

    /// Halves are rounded to the nearest, ties to even, and stay halves when a file is written again.
    @Test func halves() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/half.safetensors", values: [Float] = [1, 1 + 0x1p-8, 1 + 0x3p-8, -0.1, .infinity, .nan, 3e38, Float(bitPattern: 0x1_16C2), 0]
            try SafeTensorsFile.write(
                [("b", Tensor(values, shape: [9])), ("h", Tensor(values, shape: [9])), ("f", Tensor(values, shape: [9]))], to: path,
                type: { ["b": .bfloat16, "h": .float16][$0] ?? .float32 })
            let file = try SafeTensorsFile(path: path)
            #expect(try file.names.map { try file.dtype($0) } == [.bfloat16, .float16, .float32])
            let bfloats = try file.tensor("b").values, halves = try file.tensor("h").values
            #expect(bfloats.prefix(5) == [1, 1, 1 + 0x1p-6, -0x1.9ap-4, .infinity] && bfloats[5].isNaN && bfloats[6] == 0x1.c4p127)
            #expect(bfloats.suffix(2) == [Float(bitPattern: 0x0001_0000), 0])
            #expect(halves.prefix(5) == [1, 1 + 0x1p-8, 1 + 0x3p-8, -0x1.998p-4, .infinity] && halves[5].isNaN && halves[6] == .infinity)
            let again = folder + "/again.safetensors"
            try SafeTensorsFile.write(file, to: again)
            #expect(try Data(contentsOf: URL(fileURLWithPath: again)) == Data(contentsOf: URL(fileURLWithPath: path)))
            try SafeTensorsFile.write(RenamedTensors(file) { "x." + $0 }, to: again)
            #expect(try SafeTensorsFile(path: again).dtype("x.h") == .float16)
        }
    }

    /// Headers that promise what the file does not hold. Each is refused with a reason, before anything is allocated.
    static let hostileHeaders = [
        #"{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,16]}}"#,
        #"{"x":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#,
        #"{"x":{"dtype":"F32","shape":[4294967296,4294967296,2],"data_offsets":[0,8]}}"#,
        #"{"x":{"dtype":"F32","shape":[9223372036854775807],"data_offsets":[0,8]}}"#,
        #"{"x":{"dtype":"F32","shape":[18446744073709551617],"data_offsets":[0,8]}}"#,
        #"{"x":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#,
        #"{"x":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#,
        #"{"x":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}"#,
        #"{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"x":{"dtype":"F32","shape":[0],"data_offsets":[8,8]}}"#,
        #"{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"y":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
        #"{"x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
        #"{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
        #"{"x":{"dtype":"F37","shape":[2],"data_offsets":[0,8]}}"#,
        #"{"x":{"shape":[2],"data_offsets":[0,8]}}"#,
        #"{"x":7}"#, "[]", "{", "{}", #"{"__metadata__":{"a":1}}"#,
        #"{"x":{"dtype":"F32","shape":"# + String(repeating: "[", count: 100_000),
        "{\"x\":[" + String(repeating: "0,", count: 300_000) + "0]}",
    ]

    @Test(arguments: hostileHeaders.indices)
    func hostileHeadersAreRefused(_ index: Int) throws {
        try withFile(Self.hostileHeaders[index], data: [UInt8](repeating: 0, count: 8)) { path in
            expectDamaged(path)
        }
    }

    @Test(arguments: [UInt64(1) << 63, .max, 1 << 40, 4096, 0, 1])
    func headerLengthsAreNotBelieved(_ length: UInt64) throws {
        try withTemporaryFolder { folder in
            let path = folder + "/x.safetensors"
            let bytes = withUnsafeBytes(of: length.littleEndian) { Data($0) } + Data("{}  ".utf8)
            try bytes.write(to: URL(fileURLWithPath: path))
            expectDamaged(path)
        }
    }

    @Test func shortAndForeignFilesAreRefused() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/x.safetensors"
            for bytes in [Data(), Data([1, 2, 3]), Data("RIFF$$$$WAVEfmt and more of the kind".utf8)] {
                try bytes.write(to: URL(fileURLWithPath: path))
                expectDamaged(path)
            }
            #expect(throws: CheckpointError.notFound(path: folder + "/none")) {
                try SafeTensorsFile(path: folder + "/none")
            }
            #expect(throws: CheckpointError.self) { try SafeTensorsFile(path: folder) }
        }
    }

    @Test func truncatedFilesAreRefused() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/x.safetensors"
            try SafeTensorsFile.write([("x", .ones([100]))], to: path)
            let whole = try Data(contentsOf: URL(fileURLWithPath: path))
            for length in [whole.count - 1, whole.count / 2, 70, 20] {
                try whole.prefix(length).write(to: URL(fileURLWithPath: path))
                expectDamaged(path)
            }
            try (whole + Data([0])).write(to: URL(fileURLWithPath: path))
            expectDamaged(path)
        }
    }

    @Test func missingTensorIsNamed() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/x.safetensors"
            try SafeTensorsFile.write([("x", .ones([1]))], to: path)
            let file = try SafeTensorsFile(path: path)
            #expect(throws: CheckpointError.missingTensor(path: path, name: "y", known: 1)) { try file.tensor("y") }
        }
    }

    @Test func writingIntoNoFolderLeavesNothing() throws {
        try withTemporaryFolder { folder in
            #expect(throws: CheckpointError.self) {
                try SafeTensorsFile.write([("x", .ones([1]))], to: folder + "/none/x.safetensors")
            }
            let left = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(left.isEmpty)
        }
    }

    private func expectDamaged(_ path: String, sourceLocation: SourceLocation = #_sourceLocation) {
        do {
            _ = try SafeTensorsFile(path: path)
            Issue.record("the file was accepted", sourceLocation: sourceLocation)
        } catch CheckpointError.damaged(let named, let reason) {
            #expect(named == path && !reason.isEmpty, sourceLocation: sourceLocation)
        } catch {
            Issue.record("\(error)", sourceLocation: sourceLocation)
        }
    }

    private func withFile(_ header: String, data: [UInt8], _ body: (String) throws -> Void) throws {
        try withTemporaryFolder { folder in
            let bytes = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) } + Data(header.utf8)
            let path = folder + "/x.safetensors"
            try (bytes + Data(data)).write(to: URL(fileURLWithPath: path))
            try body(path)
        }
    }
}

func withTemporaryFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("safetensors-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder.path)
}
