import AudioDSP
import Foundation
import NeuralCore
import TestSupport
import Testing

@Suite struct EmbedTests {
    private func folder() throws -> Scratch {
        let folder = try Scratch()
        for index in 0..<3 { try folder.write(Sounds.noise(40_000, level: 0.1, seed: UInt64(index)), to: "music/\(index).wav") }
        return folder
    }

    private func embed(_ arguments: String..., in folder: Scratch) throws -> Tool.Outcome {
        try Tool.run(["embed"] + arguments, in: folder, environment: ["AUDIOTOOL_MODELS": folder.path("none"), "XDG_CACHE_HOME": folder.path("cache")])
    }

    @Test func threeFormsSayTheSame() throws {
        let folder = try folder()
        for form in ["safetensors", "npy", "json"] {
            let outcome = try embed("music", "music/1.wav", "-o", "out.\(form)", "--encoder", "spectral", in: folder)
            #expect(outcome.code == 0 && outcome.output.isEmpty && outcome.errors.contains("4 × 88"), "\(outcome.errors)")
        }
        let file = try SafeTensorsFile(path: folder.path("out.safetensors")), values = try file.floats("embeddings")
        #expect(try file.shape("embeddings") == [4, 88])
        let description = try JSONValue(parsing: file.metadata["description"] ?? "")
        #expect(description["items"].array?.map { $0["file"].string } == ["music/0.wav", "music/1.wav", "music/2.wav", "music/1.wav"])
        #expect(description["encoder"].string == "spectral")
        #expect(Array(values[88..<176]) == Array(values[264...]) && Array(values[..<88]) != Array(values[88..<176]))

        let npy = try folder.bytes("out.npy"), header = 128
        #expect(npy.count == header + 4 * 4 * 88 && String(decoding: npy[10..<header], as: UTF8.self).contains("'shape': (4, 88)"))
        #expect(npy[header - 1] == UInt8(ascii: "\n"))
        let floats = stride(from: header, to: npy.count, by: 4).map { place in
            Float(bitPattern: (0..<4).reduce(UInt32(0)) { $0 | UInt32(npy[place + $1]) << (8 * UInt32($1)) })
        }
        #expect(floats == values)
        let json = try JSONValue(parsing: folder.bytes("out.json"))
        #expect(json["items"].array?.flatMap { $0["embedding"].doubles ?? [] }.map { Float($0) } == values)
    }

    /// Rows of stretches, and the cache, which changes nothing.
    @Test func stretchesAndCache() throws {
        let folder = try folder()
        let first = try embed("music", "-o", "a.npy", "--encoder", "spectral", "--stretches", in: folder)
        #expect(first.code == 0 && folder.files.contains { $0.hasPrefix("cache/audiotool/embeddings/") }, "\(first.errors)")
        #expect(try embed("music", "-o", "b.npy", "--encoder", "spectral", "--stretches", in: folder).code == 0)
        #expect(try embed("music", "-o", "c.npy", "--encoder", "spectral", "--stretches", "--no-cache", in: folder).code == 0)
        #expect(try folder.bytes("a.npy") == folder.bytes("b.npy") && folder.bytes("a.npy") == folder.bytes("c.npy"))
        #expect(try folder.bytes("a.npy").count > 128 + 4 * 3 * 88)
    }

    @Test func refusals() throws {
        let folder = try folder()
        #expect(try embed("music", "-o", "a.txt", in: folder).code == 64)
        #expect(try embed("-o", "a.npy", in: folder).code == 64)
        let lonely = try Tool.lonely(in: folder)
        let alone = try Tool.run(["embed", "music", "--text", "piano", "-o", "a.npy"], program: lonely, in: folder)
        expectRefusal(alone, saying: "models import")
        expectRefusal(try embed("music", "--text", "piano", "--encoder", "spectral", "-o", "a.npy", in: folder), saying: "spectral")
        expectRefusal(try embed("none.wav", "--encoder", "spectral", "-o", "a.npy", in: folder), saying: "none.wav")
        try folder.write(Array("x".utf8), to: "music/bad.wav")
        expectRefusal(try embed("music", "--encoder", "spectral", "-o", "a.npy", in: folder), saying: "bad.wav")
        #expect(!folder.files.contains("a.npy"))
    }
}
