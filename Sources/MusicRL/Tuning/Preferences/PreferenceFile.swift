import Alignment
import AudioDSP
import Foundation
import NeuralCore

/// A file of what people think of clips, a JSON object a line:
///
///     {"prompt": "slow piano", "chosen": "a.wav", "rejected": "b.wav", "margin": 0.5}
///     {"prompt": "slow piano", "clip": "c.safetensors", "desirable": false}
///     {"prompt": "slow piano", "clip": "d.wav", "rating": 3.5}
///
/// Clips are recordings or files of codes, by the file's folder. `margin` may be left out, the prompt beside a rating.
public struct PreferenceFile: Sendable {
    /// One line.
    public struct Entry: Sendable, Equatable {
        public enum Content: Sendable, Equatable {
            case choice(chosen: String, rejected: String, margin: Double)
            case label(clip: String, isDesirable: Bool)
            case rating(clip: String, Double)
        }

        public var line: Int
        public var prompt: String
        public var content: Content
    }

    public let path: String
    public let entries: [Entry]

    /// - Throws: ``TuningError/invalidPreferences(path:line:reason:)`` naming the line, `AlignmentError` for no file.
    public init(reading path: String) throws {
        self.path = path
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        let lines = try TextLines.read(path)
        entries = try lines.enumerated().map { index, text in
            func fault(_ reason: String) -> TuningError { .invalidPreferences(path: path, line: index + 1, reason: reason) }
            guard let value = try? JSONValue(parsing: text), let members = value.object else { throw fault("it is no JSON object") }
            let isRating = members["rating"] != nil
            guard let prompt = value["prompt"].string ?? (isRating && members["prompt"] == nil ? "" : nil) else {
                throw fault("it has no text \"prompt\"")
            }
            func file(_ name: String) throws -> String {
                guard let text = value[name].string, !text.isEmpty else { throw fault("it has no path \"\(name)\"") }
                return text.hasPrefix("/") ? text : folder.appendingPathComponent(text).path
            }
            let content: Entry.Content
            if isRating {
                guard let rating = value["rating"].double, rating.isFinite else { throw fault("\"rating\" is no number") }
                content = .rating(clip: try file("clip"), rating)
            } else if members["clip"] != nil {
                guard let isDesirable = value["desirable"].bool else { throw fault("\"desirable\" is neither true nor false") }
                content = .label(clip: try file("clip"), isDesirable: isDesirable)
            } else {
                let margin = value["margin"].isNull ? 0 : value["margin"].double
                guard let margin, margin.isFinite else { throw fault("\"margin\" is no number") }
                content = .choice(chosen: try file("chosen"), rejected: try file("rejected"), margin: margin)
            }
            return Entry(line: index + 1, prompt: prompt, content: content)
        }
    }

    /// The clips as codes of a model.
    ///
    /// - Parameters:
    ///   - prompts: those of the run; the file's are added.
    ///   - window: frames that the model hears at once; longer clips are cut off there.
    func load(_ model: MusicModel, prompts: inout [String], window: Int) throws -> PreferenceSet {
        var numbers: [String: Int] = [:], known: [String: [[Int32]]] = [:]
        for (index, prompt) in prompts.enumerated() where numbers[prompt] == nil { numbers[prompt] = index }
        func clip(_ path: String, _ prompt: String, _ line: Int) throws -> CodeSequence {
            if numbers[prompt] == nil {
                numbers[prompt] = prompts.count
                prompts.append(prompt)
            }
            let codes = try known[path] ?? codes(path, model, line)
            known[path] = codes
            return CodeSequence(prompt: numbers[prompt] ?? 0, codes: codes.map { Array($0.prefix(window)) })
        }
        var set = PreferenceSet(choices: [])
        for entry in entries {
            switch entry.content {
            case .choice(let chosen, let rejected, let margin):
                set.choices.append(.init(
                    chosen: try clip(chosen, entry.prompt, entry.line), rejected: try clip(rejected, entry.prompt, entry.line), margin: margin))
            case .label(let path, let isDesirable):
                set.labels.append(.init(clip: try clip(path, entry.prompt, entry.line), isDesirable: isDesirable))
            case .rating:
                throw TuningError.invalidPreferences(
                    path: path, line: entry.line, reason: "ratings are for 'audiotool preferences train', which makes a reward of them")
            }
        }
        return set
    }

    private func codes(_ path: String, _ model: MusicModel, _ line: Int) throws -> [[Int32]] {
        func fault(_ reason: String) -> TuningError { .invalidPreferences(path: self.path, line: line, reason: reason) }
        guard FileManager.default.fileExists(atPath: path) else { throw fault("there is no file at \(path)") }
        guard path.hasSuffix(".safetensors") else {
            let codes = try model.codes(of: AudioFile.read(path))
            guard codes.first?.isEmpty == false else { throw fault("\(path) holds no sound") }
            return codes
        }
        let tokens = try TokenFile(path: path)
        guard tokens.codes.count == model.channels, tokens.codes[0].count * model.channels == model.configuration.codebooks,
            tokens.codec.bins == model.configuration.codes, tokens.codec.hopLength == model.codec.hopLength,
            Double(tokens.codec.sampleRate) == model.codec.sampleRate
        else { throw fault("\(path) was encoded by \(tokens.codec.name), another codec than the model's") }
        return tokens.codes[0].indices.flatMap { codebook in tokens.codes.map { $0[codebook] } }
    }
}

extension MusicModel {
    /// A recording as codes; channels in turns.
    func codes(of sound: AudioBuffer) throws -> [[Int32]] {
        guard sound.frameCount > 0 else { throw MusicGenerationError.promptCodes(reason: "it holds no sound") }
        let sound = try sound.resampled(to: sampleRate)
        let signals = channels == sound.channels.count ? sound.channels : [[Float]](repeating: sound.mono, count: channels)
        let codes = try signals.map { try codec.encode([$0]) }
        return codes[0].indices.flatMap { codebook in codes.map { $0[codebook] } }
    }
}
