import Foundation
import NeuralCore

/// The `.voice` format: one JSON object.
///
///     {"format": "audiotool.voice", "version": 1,
///      "model": {"name": …, "sha256": …}, "confidence": 0…1, "vector": [unit length],
///      "part_cosine": number or null, "example_cosine": number or null,
///      "examples": [{"seconds": …, "speech_seconds": …, "channels": 1 or 2}, …]}
extension Voice {
    static let format = "audiotool.voice"
    static let formatVersion = 1
    /// Bytes that a voice file may have, and values of a vector.
    private static let largestFile = 1 << 20
    private static let largestVector = 8192

    /// Writes the voice; the file appears whole or not at all.
    public func write(to path: String) throws {
        do {
            let file = try AtomicFile(path: path)
            try Array((json.text + "\n").utf8).withUnsafeBytes { try file.write($0) }
            try file.commit()
        } catch CheckpointError.notWritten(_, let reason) {
            throw VoiceFileError.notWritten(path: path, reason: reason)
        }
    }

    /// Reads a voice and checks everything in it.
    public init(reading path: String) throws {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: Self.bytes(of: path))
        } catch let error as JSONError {
            throw VoiceFileError.damaged(path: path, reason: "\(error.reason) at byte \(error.offset)")
        }
        try self.init(json: value, path: path)
    }

    /// Throws unless the voice is of the given weights.
    ///
    /// - Parameters:
    ///   - size: values that the extractor takes.
    ///   - path: where the voice came from, for the message.
    public func require(model needed: Model, size: Int, path: String) throws {
        guard model.sha256 == needed.sha256 else {
            throw VoiceFileError.otherModel(path: path, made: model, needed: needed)
        }
        guard vector.count == size else {
            throw VoiceFileError.wrongSize(path: path, size: vector.count, needed: size)
        }
    }

    private static func bytes(of path: String) throws -> [UInt8] {
        let url = URL(fileURLWithPath: path)
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw VoiceFileError.notFound(path: path)
        }
        guard !isFolder.boolValue else { throw VoiceFileError.unreadable(path: path, reason: "it is a folder") }
        do {
            let file = try FileHandle(forReadingFrom: url)
            defer { try? file.close() }
            let data = try file.read(upToCount: largestFile + 1) ?? Data()
            guard data.count <= largestFile else {
                throw VoiceFileError.damaged(path: path, reason: "it is larger than \(largestFile) bytes")
            }
            return [UInt8](data)
        } catch let error as VoiceFileError {
            throw error
        } catch {
            let reason = (error as NSError).localizedDescription
            throw VoiceFileError.unreadable(path: path, reason: reason.hasSuffix(".") ? String(reason.dropLast()) : reason)
        }
    }

    private var json: JSONValue {
        func number(_ value: Double?) -> JSONValue { value.map { .number($0) } ?? .null }
        return .object([
            "format": .string(Self.format), "version": .integer(Self.formatVersion),
            "model": .object(["name": .string(model.name), "sha256": .string(model.sha256)]),
            "confidence": .number(confidence),
            "part_cosine": number(origin.partCosine), "example_cosine": number(origin.exampleCosine),
            "examples": .array(origin.examples.map { example in
                .object([
                    "seconds": .number(example.duration), "speech_seconds": .number(example.speechDuration),
                    "channels": .integer(example.channels),
                ])
            }),
            "vector": .array(vector.map { .number(Double($0)) }),
        ])
    }

    private init(json: JSONValue, path: String) throws {
        func damaged(_ reason: String) -> VoiceFileError { .damaged(path: path, reason: reason) }
        guard json["format"].string == Self.format else { throw damaged("it does not say that it is a voice") }
        guard let version = json["version"].int, version > 0 else { throw damaged("its version is missing") }
        guard version <= Self.formatVersion else {
            throw VoiceFileError.newerFormat(path: path, version: version, known: Self.formatVersion)
        }
        guard let name = json["model"]["name"].string, let hash = json["model"]["sha256"].string,
            !name.isEmpty, hash.count == 64, hash.allSatisfy(\.isHexDigit)
        else { throw damaged("it does not name the model that made it") }
        guard let confidence = json["confidence"].double, (0...1).contains(confidence) else {
            throw damaged("its confidence is no number from 0 to 1")
        }
        guard let numbers = json["vector"].doubles, (1...Self.largestVector).contains(numbers.count) else {
            throw damaged("its vector is no list of 1 to \(Self.largestVector) numbers")
        }
        let vector = numbers.map { Float($0) }
        if let index = vector.firstIndex(where: { !$0.isFinite }) {
            throw VoiceFileError.notFinite(path: path, index: index)
        }
        let length = Self.product(vector, vector).squareRoot()
        guard abs(length - 1) < 1e-3 else { throw damaged("its vector has the length \(length) instead of 1") }
        self.init(
            stored: vector, model: Model(name: name, sha256: hash), origin: try Self.origin(json, damaged),
            confidence: confidence)
    }

    private static func origin(_ json: JSONValue, _ damaged: (String) -> VoiceFileError) throws -> Origin {
        func cosine(_ key: String) throws -> Double? {
            if json[key].isNull { return nil }
            guard let value = json[key].double, (-1.001...1.001).contains(value) else { throw damaged("\(key) is no cosine") }
            return value
        }
        let examples = try (json["examples"].array ?? []).map { example in
            guard let seconds = example["seconds"].double, let speech = example["speech_seconds"].double,
                let channels = example["channels"].int, seconds >= 0, speech >= 0, (1...2).contains(channels)
            else { throw damaged("an example is not described as seconds, speech_seconds and channels") }
            return Example(duration: seconds, speechDuration: speech, channels: channels)
        }
        guard !examples.isEmpty else { throw damaged("it lists no examples") }
        return Origin(examples: examples, partCosine: try cosine("part_cosine"), exampleCosine: try cosine("example_cosine"))
    }
}
