import AudioDSP
import Foundation
import ModelLibrary
import NeuralCore
import TextEncoding
import Training

/// A captioned clip as a codec's codes.
struct CodedClip: Sendable {
    let clip: CaptionedClip
    /// `[codebooks][frames]`
    let codes: [[Int32]]
    /// Of the recording's bytes.
    let content: String
}

/// Encodes clips once: codes are kept in a file, by the SHA-256 of the recordings.
struct ClipCodes {
    let codec: any AudioCodec
    /// Of the codec's file.
    let codecHash: String
    /// The file, which may not exist yet.
    let path: String

    private static let clipsAtOnce = 32

    /// Refuses clips of less than `seconds` before any work is done; lengths that no header tells are seen later.
    func check(_ clips: [CaptionedClip], seconds: Double) throws {
        let short = try clips.compactMap { clip -> (String, Double)? in
            let info = try AudioFile.info(clip.path)
            guard let frames = info.frameCount else { return nil }
            let length = Double(frames) / Double(info.sampleRate)
            return length + 1e-6 < seconds ? (clip.path, length) : nil
        }
        guard let first = short.first else { return }
        throw MusicGenerationError.clipTooShort(path: first.0, seconds: first.1, needed: seconds, others: short.count - 1)
    }

    /// The codes of all clips. What was encoded is kept even where `checkCancelled` throws.
    func load(
        _ clips: [CaptionedClip], checkCancelled: () throws -> Void, onProgress: (_ done: Int, _ total: Int) -> Void
    ) throws -> [CodedClip] {
        var known = stored()
        let contents = try clips.map { clip in
            try checkCancelled()
            return try SHA256.digest(ofFile: clip.path)
        }
        var seen = Set(known.keys), missing: [Int] = []
        for (index, content) in contents.enumerated() where seen.insert(content).inserted { missing.append(index) }
        let hadAll = missing.isEmpty
        func keep() throws {
            guard !hadAll else { return }
            let tensors = known.sorted { $0.key < $1.key }.map { ($0.key, Self.tensor($0.value)) }
            try SafeTensorsFile.write(tensors, metadata: ["codec": codecHash], to: path)
        }
        do {
            for start in stride(from: 0, to: missing.count, by: Self.clipsAtOnce) {
                try checkCancelled()
                let group = missing[start..<min(missing.count, start + Self.clipsAtOnce)]
                let made = parallelMap(group.count) { place in Result { try encode(clips[group[start + place]].path) } }
                for (place, result) in made.enumerated() { known[contents[group[start + place]]] = try result.get() }
                onProgress(start + group.count, missing.count)
            }
        } catch let error as CancellationError {
            try keep()
            throw error
        }
        try keep()
        return zip(clips, contents).compactMap { clip, content in
            known[content].map { CodedClip(clip: clip, codes: $0, content: content) }
        }
    }

    private func encode(_ path: String) throws -> [[Int32]] {
        let sound = try AudioFile.read(path), mono = sound.mono
        guard mono.allSatisfy(\.isFinite) else {
            throw AudioFileError.malformed(path: path, reason: "it holds samples that are no numbers")
        }
        let signal = try AudioBuffer(channels: [mono], sampleRate: sound.sampleRate).resampled(to: Int(codec.sampleRate)).channels[0]
        guard !signal.isEmpty else { throw AudioFileError.noAudio(path: path) }
        return try codec.encode([signal])
    }

    /// What the file holds, if it is this codec's and sound.
    private func stored() -> [String: [[Int32]]] {
        guard let file = try? SafeTensorsFile(path: path), file.metadata["codec"] == codecHash else { return [:] }
        var codes: [String: [[Int32]]] = [:]
        for name in file.names {
            guard let tensor = try? file.tensor(name), tensor.rank == 2, tensor.shape[0] == codec.codebooks,
                tensor.values.allSatisfy({ $0 >= 0 && $0 < Float(codec.bins) })
            else { continue }
            let frames = tensor.shape[1], values = tensor.values.map { Int32($0) }
            codes[name] = (0..<codec.codebooks).map { Array(values[$0 * frames..<($0 + 1) * frames]) }
        }
        return codes
    }

    /// Codes are below 2²⁴, which float32 holds exactly.
    private static func tensor(_ codes: [[Int32]]) -> Tensor {
        Tensor(codes.flatMap { $0.map { Float($0) } }, shape: [codes.count, codes[0].count])
    }
}
