import Foundation
import ModelLibrary
import NeuralCore

/// The codes of a recording in a file, with what is needed to make the recording of them again.
///
/// A `.safetensors` file with one tensor, `codes`, 32-bit integers `[streams, codebooks, frames]`: a stream for each
/// channel of the recording or, with a codec of two channels, for each pair. Its metadata has `format`, ``format``, and
/// `tokens`, a JSON object of the other properties.
public struct TokenFile: Sendable, Equatable {
    /// The codec that made the codes.
    public struct Codec: Codable, Sendable, Equatable {
        public var name: String
        /// What tells it from others (`ModelFile.codecHash()`).
        public var sha256: String
        /// In Hz.
        public var sampleRate: Int
        public var bins: Int
        public var hopLength: Int
    }

    /// The recording that was encoded.
    public struct Recording: Codable, Sendable, Equatable {
        /// In Hz.
        public var sampleRate: Int
        public var channels: Int
        public var frames: Int

        /// In seconds.
        public var duration: Double { Double(frames) / Double(sampleRate) }
    }

    public static let format = "audiotool-tokens-1"

    public var codec: Codec
    public var recording: Recording
    /// `[streams][codebooks][frames]`
    public var codes: [[[Int32]]]

    private struct Description: Codable {
        var codec: Codec
        var recording: Recording
    }

    /// Whether the file at `path` says that it is one of codes.
    public static func isOne(_ file: SafeTensorsFile) -> Bool { file.metadata["format"]?.hasPrefix("audiotool-tokens") == true }

    init(codec: Codec, recording: Recording, codes: [[[Int32]]]) {
        (self.codec, self.recording, self.codes) = (codec, recording, codes)
    }

    /// - Throws: `CheckpointError` for files that are absent or not sound, ``TokenFileError`` for others.
    public init(path: String) throws {
        let file = try SafeTensorsFile(path: path)
        guard Self.isOne(file) else { throw TokenFileError.notTokens(path: path) }
        guard file.metadata["format"] == Self.format else {
            throw TokenFileError.unknownFormat(path: path, format: file.metadata["format"] ?? "")
        }
        func damaged(_ reason: String) -> TokenFileError { .damaged(path: path, reason: reason) }
        do {
            let text = Data((file.metadata["tokens"] ?? "").utf8)
            let description = try JSONDecoder().decode(Description.self, from: text)
            (codec, recording) = (description.codec, description.recording)
        } catch {
            throw damaged("its description cannot be read")
        }
        guard (1000...768_000).contains(codec.sampleRate), (2...1 << 24).contains(codec.bins), (1...1 << 20).contains(codec.hopLength),
            (1000...768_000).contains(recording.sampleRate), (1...1024).contains(recording.channels), recording.frames > 0
        else { throw damaged("its description holds numbers that cannot be") }
        guard file.contains("codes") else { throw damaged("it holds no tensor \"codes\"") }
        let shape = try file.shape("codes")
        guard shape.count == 3, shape.allSatisfy({ $0 > 0 }), shape[0] <= recording.channels, shape[1] <= 1024 else {
            throw damaged("its codes have the shape \(shape) instead of streams, codebooks and frames")
        }
        let seconds = Double(shape[2]) * Double(codec.hopLength) / Double(codec.sampleRate)
        guard abs(seconds - recording.duration) <= 2 * Double(codec.hopLength) / Double(codec.sampleRate) + 0.01 else {
            throw damaged("\(shape[2]) frames do not make \(recording.duration) s")
        }
        let values = try file.doubles("codes"), bins = Double(codec.bins)
        guard values.allSatisfy({ $0 >= 0 && $0 < bins && $0 == $0.rounded() }) else {
            throw damaged("some of its codes are not whole numbers from 0 to \(codec.bins - 1)")
        }
        codes = (0..<shape[0]).map { stream in
            (0..<shape[1]).map { codebook in
                let start = (stream * shape[1] + codebook) * shape[2]
                return values[start..<start + shape[2]].map { Int32($0) }
            }
        }
    }

    /// Writes the file; it appears whole or not at all.
    ///
    /// - Throws: `CheckpointError.notWritten`.
    public func write(to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let description = String(decoding: try encoder.encode(Description(codec: codec, recording: recording)), as: UTF8.self)
        let shape = [codes.count, codes[0].count, codes[0][0].count], bytes = 4 * shape.reduce(1, *)
        let metadata: JSONObject = ["format": .string(Self.format), "tokens": .string(description)]
        let entry: JSONObject = [
            "dtype": "I32", "shape": .array(shape.map(JSONValue.integer)), "data_offsets": .array([.integer(0), .integer(bytes)]),
        ]
        var header = Array(JSONValue.object(["__metadata__": .object(metadata), "codes": .object(entry)]).text.utf8)
        header.append(contentsOf: repeatElement(0x20, count: (8 - header.count % 8) % 8))
        let file = try AtomicFile(path: path, mode: 0o666)
        try withUnsafeBytes(of: UInt64(header.count).littleEndian) { try file.write($0) }
        try header.withUnsafeBytes { try file.write($0) }
        for row in codes.joined() {
            try row.map(\.littleEndian).withUnsafeBytes { try file.write($0) }
        }
        try file.commit()
    }
}

/// Why a file of codes cannot be used.
public enum TokenFileError: LocalizedError, Equatable {
    case notTokens(path: String)
    case unknownFormat(path: String, format: String)
    case damaged(path: String, reason: String)
    /// The codes belong to another codec.
    case otherCodec(path: String, name: String, sha256: String, found: String)

    public var errorDescription: String? {
        switch self {
        case .notTokens(let path): "\(path) holds no codes of a recording. Use a file that 'audiotool tokens encode' wrote."
        case .unknownFormat(let path, let format): "\(path) is written in the form \(format), which this version does not know."
        case .damaged(let path, let reason): "\(path) is no sound file of codes: \(reason). Encode the recording again."
        case .otherCodec(let path, let name, let sha256, let found):
            "\(path) was encoded by \(name) (sha256 \(sha256.prefix(12))…), and \(found) is another codec, to which its codes mean nothing."
        }
    }
}
