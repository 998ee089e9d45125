import ArgumentParser
import AudioDSP
import Foundation
import ModelLibrary
import MusicRL
import NeuralCore
import ScoreDiffusion

struct Info: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Describe a recording or a model.",
        discussion: """
            Examples:
              audiotool info talk.flac
              audiotool info talk.flac --json
              audiotool info enhancer          an installed model, by its name
            """)

    @Argument(help: ArgumentHelp("A recording, a model file or an installed model's name.", valueName: "file"), completion: .file())
    var path: String
    @Flag(help: "Print as JSON.") var json = false

    func run() throws {
        if let tokens = try tokens() {
            try show(TokenDescription(tokens, path: path))
        } else if let model = try model() {
            try show(ModelDescription(model))
        } else {
            let description = try FileDescription(path: path)
            try show(description)
            if let fault = description.fault { throw fault }
        }
    }

    /// The argument as a file of codes.
    private func tokens() throws -> TokenFile? {
        guard path.hasSuffix(".safetensors"), TokenFile.isOne(try SafeTensorsFile(path: path)) else { return nil }
        return try TokenFile(path: path)
    }

    /// The argument as a model: a `.safetensors` file or, where there is no such file, an installed model's name.
    private func model() throws -> ModelFile? {
        if path.hasSuffix(".safetensors") { return try ModelFile(path: path) }
        guard path != "-", !OutputPlan.exists(path), !path.contains("/") else { return nil }
        return try ModelStore().entries().first { $0.name == path }?.model.get()
    }

    private func show(_ description: some Describable) throws {
        if json { return try JSONOutput.print(description) }
        let width = description.lines.map(\.0.count).max() ?? 0
        for (label, value) in description.lines {
            print(label.padding(toLength: width + 2, withPad: " ", startingAt: 0) + value)
        }
    }
}

private protocol Describable: Encodable {
    /// Labels and values in the order to be shown.
    var lines: [(String, String)] { get }
}

private struct FileDescription: Describable {
    var path: String
    var container: String
    var encoding: String
    var sampleRate: Int
    var channels: Int
    var frames: Int?
    var seconds: Double?
    var claimedFrames: Int?
    var truncated: Bool
    /// The largest magnitude, from a pass over all samples.
    var peak: Float?
    var metadata: [String]
    var warnings: [String]
    /// Samples that are no numbers: shown, then reported as the failure they are.
    private(set) var fault: AudioFileError?

    private enum CodingKeys: String, CodingKey {
        case path, container, encoding, sampleRate, channels, frames, seconds, claimedFrames, truncated, peak, metadata, warnings
    }

    init(path: String) throws {
        let reader = try AudioFileReader(path: path, truncation: .accept)
        var inspection = SampleInspection()
        while let block = try reader.read(frames: 1 << 14) { inspection.inspect(block) }
        let info = reader.info
        (self.path, sampleRate, channels) = (path, info.sampleRate, info.channels)
        (container, encoding) = (info.container.rawValue, info.encoding.rawValue)
        frames = reader.framesRead
        seconds = Double(reader.framesRead) / Double(info.sampleRate)
        (claimedFrames, truncated) = (info.claimedFrameCount, info.isTruncated)
        peak = inspection.peak
        metadata = info.metadata.chunks.map { $0.identifier.trimmingCharacters(in: .whitespaces) }
        warnings = info.warnings + (inspection.warning.map { [$0] } ?? [])
        do {
            try inspection.requireFinite(path: info.path)
        } catch let error as AudioFileError {
            fault = error
        }
    }

    var lines: [(String, String)] {
        var lines = [
            ("file", path), ("format", "\(container), \(encoding)"), ("rate", "\(sampleRate) Hz"),
            ("channels", "\(channels)"),
        ]
        if let frames, let seconds {
            lines.append(("length", String(format: "%.3f s", seconds) + " (\(frames) frames)"))
        }
        if let peak {
            lines.append(("peak", peak > 0 ? String(format: "%.1f dBFS", 20 * log10(Double(peak))) : "silent"))
        }
        if !metadata.isEmpty { lines.append(("metadata", metadata.joined(separator: ", "))) }
        return lines + warnings.map { ("warning", $0) }
    }
}

private struct TokenDescription: Describable {
    var path: String
    var codec: TokenFile.Codec
    var recording: TokenFile.Recording
    var streams: Int
    var codebooks: Int
    var frames: Int

    init(_ tokens: TokenFile, path: String) {
        (self.path, codec, recording) = (path, tokens.codec, tokens.recording)
        (streams, codebooks, frames) = (tokens.codes.count, tokens.codes[0].count, tokens.codes[0][0].count)
    }

    var lines: [(String, String)] {
        [
            ("file", path), ("kind", "codes of a recording"), ("codec", "\(codec.name), sha256 \(codec.sha256)"),
            ("codes", "\(streams) \(streams == 1 ? "stream" : "streams") of \(codebooks) codebooks, \(frames) frames, 0 to \(codec.bins - 1)"),
            ("recording", String(format: "%.3f s", recording.duration) + ", \(recording.sampleRate) Hz, \(recording.channels) channels"),
        ]
    }
}

private struct ModelDescription: Describable {
    var name: String
    var path: String
    var kind: String
    var purpose: String
    var licence: String
    var sha256: String
    var bytes: Int
    var parameters: Int
    var tensors: Int
    var sampleRate: Int?
    var defaultSteps: Int?
    var metadata: [String: String]

    init(_ model: ModelFile) throws {
        (name, path, kind) = (model.name, model.path, model.kind)
        (purpose, licence) = (model.purpose, model.licence)
        (bytes, parameters, tensors) = (model.byteCount, try model.parameterCount, model.file.names.count)
        (sampleRate, defaultSteps, metadata) = (model.sampleRate, model.defaultSteps, model.file.metadata)
        sha256 = try model.contentHash()
    }

    var lines: [(String, String)] {
        var lines = [("model", name), ("file", path), ("kind", kind), ("purpose", purpose), ("licence", licence)]
        lines.append(("size", "\(Models.List.bytes(bytes)), \(parameters) parameters in \(tensors) tensors"))
        if let sampleRate { lines.append(("rate", "\(sampleRate) Hz")) }
        if let defaultSteps { lines.append(("steps", "\(defaultSteps) by default")) }
        lines.append(("sha256", sha256))
        return lines + metadata.sorted { $0.key < $1.key }.filter { $0.key != "kind" }.map { ($0.key, $0.value) }
    }
}
