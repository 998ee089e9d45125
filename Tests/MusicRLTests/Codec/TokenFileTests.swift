import AudioDSP
import Foundation
import ModelLibrary
import NeuralCore
import TestSupport
import Testing

@testable import MusicRL

@Suite struct TokenFileTests {
    /// A folder that goes with the test.
    final class Folder {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("tokens-\(UUID().uuidString)").path
        init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
        deinit { try? FileManager.default.removeItem(atPath: path) }
        subscript(name: String) -> String { path + "/" + name }
    }

    /// A model file of the default codec's kind with drawn weights.
    static func model(in folder: Folder, seed: UInt64 = 4) throws -> ModelFile {
        let network = SpectralCodecTests.network(seed: seed), path = folder["codec-\(seed).safetensors"]
        try SafeTensorsFile.write(network.namedParameters(), metadata: network.configuration.modelMetadata(name: "codec"), to: path)
        return try ModelFile(path: path)
    }

    @Test(arguments: [(24_000, 1, 5000), (44_100, 2, 20_000), (8_000, 3, 1), (96_000, 1, 3)])
    func roundTrip(_ rate: Int, _ channels: Int, _ frames: Int) throws {
        let folder = try Folder(), codec = try RecordingCodec(Self.model(in: folder))
        let sound = AudioBuffer(channels: (0..<channels).map { SpectralCodecTests.noise(frames, seed: UInt64($0)) }, sampleRate: rate)
        try AudioFile.write(sound, to: folder["sound.wav"], format: .wavFloat)
        var progress: [Double] = []
        let tokens = try codec.encode(AudioFileReader(path: folder["sound.wav"])) { progress.append($0) }
        #expect(progress.last == Double(frames) / Double(rate) && tokens.codes.count == channels)
        // What comes in blocks is what the codec makes of the whole.
        let resampled = try Resampler.resample(channels: sound.channels, from: rate, to: 24_000)
        if !resampled[0].isEmpty { #expect(tokens.codes == (try resampled.map { try codec.codec.encode([$0]) })) }

        try tokens.write(to: folder["sound.safetensors"])
        let read = try TokenFile(path: folder["sound.safetensors"])
        #expect(read == tokens)
        var decoded = AudioBuffer(channels: Array(repeating: [], count: channels), sampleRate: rate)
        try codec.decode(read) { decoded.append($0) }
        #expect(decoded.frameCount == frames)
        let file = try SafeTensorsFile(path: folder["sound.safetensors"])
        #expect(try file.dtype("codes") == .int32 && file.shape("codes") == [channels, 3, tokens.codes[0][0].count])
    }

    @Test func otherFiles() throws {
        let folder = try Folder(), model = try Self.model(in: folder), codec = try RecordingCodec(model)
        try AudioFile.write(AudioBuffer(channels: [SpectralCodecTests.noise(5000)], sampleRate: 24_000), to: folder["a.wav"])
        let tokens = try codec.encode(AudioFileReader(path: folder["a.wav"])), path = folder["a.safetensors"]
        try tokens.write(to: path)
        #expect(throws: TokenFileError.notTokens(path: model.path)) { try TokenFile(path: model.path) }
        let other = try RecordingCodec(Self.model(in: folder, seed: 5))
        #expect(throws: TokenFileError.self) { try other.decode(tokens) { _ in } }

        func damage(_ change: (inout String) -> Void) throws -> String {
            var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
            let length = bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
            var header = String(decoding: bytes[8..<8 + length], as: UTF8.self)
            change(&header)
            let padded = Array(header.utf8) + [UInt8](repeating: 0x20, count: (8 - header.utf8.count % 8) % 8)
            bytes = (0..<8).map { UInt8(padded.count >> (8 * $0) & 255) } + padded + bytes[(8 + length)...]
            try Data(bytes).write(to: URL(fileURLWithPath: folder["b.safetensors"]))
            let error = #expect(throws: TokenFileError.self) { try TokenFile(path: folder["b.safetensors"]) }
            return error?.localizedDescription ?? ""
        }
        #expect(try damage { $0 = $0.replacingOccurrences(of: "tokens-1", with: "tokens-9") }.contains("tokens-9"))
        #expect(try damage { $0 = $0.replacingOccurrences(of: #"\"frames\":5000"#, with: #"\"frames\":90000"#) }.contains("do not make"))
        #expect(try damage { $0 = $0.replacingOccurrences(of: #"\"frames\":5000"#, with: #"\"frames\":-5"#) }.contains("cannot be"))
        #expect(try damage { $0 = $0.replacingOccurrences(of: #"\"bins\":32"#, with: #"\"bins\":3"#) }.contains("0 to 2"))
        #expect(try damage { $0 = $0.replacingOccurrences(of: #"\"recording\""#, with: #"\"recorder\""#) }.contains("description"))
        #expect(try damage { $0 = $0.replacingOccurrences(of: #""codes":"#, with: #""modes":"#) }.contains("no tensor"))
        #expect(try damage { $0 = $0.replacingOccurrences(of: #""I32""#, with: #""F32""#) }.contains("whole numbers"))

        try AudioFile.write(AudioBuffer(channels: [[0, 1, 0.5]], sampleRate: 24_000), to: folder["c.wav"], format: .wavFloat)
        var broken = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder["c.wav"])))
        broken.replaceSubrange(broken.count - 4..<broken.count, with: [0, 0, 0xC0, 0x7F])
        try Data(broken).write(to: URL(fileURLWithPath: folder["c.wav"]))
        #expect(throws: AudioFileError.self) { try codec.encode(AudioFileReader(path: folder["c.wav"])) }
    }

    /// Installed from a folder, the codec is that of the folder.
    @Test func folders() throws {
        let folder = try Folder(), fixture = Fixture.all(in: "music/encodec_32k")[0]
        let store = ModelStore(executable: "/nowhere/audiotool", environment: ["AUDIOTOOL_MODELS": folder.path])
        let model = try store.install(codec: HuggingFaceFolder(path: fixture.folder.path), as: "thirty-two", licence: "none")
        let codes = try fixture.codes("rand_codes", item: 0)
        #expect(try model.audioCodec().decode(codes) == fixture.encodec().decode(codes))
        #expect(model.kind == "audio-codec" && model.sampleRate == 32_000 && model.licence == "none")
        #expect(try model.file.names.sorted() == fixture.weights.names.sorted())
        #expect(try store.model(nil, kind: .codec).name == "thirty-two")
        #expect(throws: ModelError.self) { try store.model("thirty-two", kind: .enhancer) }
    }
}
