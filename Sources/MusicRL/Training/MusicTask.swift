import Foundation
import ModelLibrary
import NeuralCore
import TextEncoding
import Training

/// Trains a model of music: the codes of captioned clips are to be probable, each given all before it and the caption.
public struct MusicTask: TrainingTask {
    /// An excerpt and the pieces of its caption; none is the null condition.
    public struct Example: Sendable {
        /// `[codebooks][frames]`
        let codes: [[Int32]]
        let pieces: [Int]
    }

    private let settings: MusicTrainingConfiguration
    private let clips: [CodedClip]
    private let held: [Example]
    private let frames: Int
    private let pattern: DelayPattern
    private let captions: CaptionSource
    private let file: MusicModelFile
    public let fingerprint: String

    /// - Throws: ``MusicGenerationError/clipTooShort(path:seconds:needed:others:)``.
    init(
        _ settings: MusicTrainingConfiguration, clips: [CodedClip], validation: [CodedClip], captions: CaptionSource,
        file: MusicModelFile
    ) throws {
        (self.settings, self.clips, self.captions, self.file) = (settings, clips, captions, file)
        let rate = file.codec.frameRate, frames = max(1, Int((settings.excerpts.seconds * rate).rounded()))
        for clip in clips + validation where clip.codes[0].count < frames {
            throw MusicGenerationError.clipTooShort(
                path: clip.clip.path, seconds: Double(clip.codes[0].count) / rate, needed: settings.excerpts.seconds, others: 0)
        }
        self.frames = frames
        pattern = file.decoder.pattern
        let count = min(settings.validation.clips, validation.count)
        held = (0..<count).map { index in
            let clip = validation[index * validation.count / count]
            return Example(codes: clip.codes.map { Array($0[..<frames]) }, pieces: captions.pieces(of: clip.clip.caption))
        }
        fingerprint = SHA256.digest(of: (clips + validation).map { $0.content + $0.clip.caption }.joined(separator: "\n"))
    }

    public func example(_ index: Int) throws -> Example {
        var random = RandomPurpose.examples.generator(run: settings.seed, stream: index)
        let clip = clips[random.nextInt(below: clips.count)], room = clip.codes[0].count - frames
        let isFromStart = random.chance(settings.excerpts.fromStart), place = random.nextInt(below: room + 1)
        let start = isFromStart ? 0 : place
        return Example(
            codes: clip.codes.map { Array($0[start..<start + frames]) }, pieces: captions.draw(for: clip.clip, using: &random))
    }

    public func loss(
        of network: MusicNetwork, on examples: ArraySlice<Example>, items: Range<Int>, random: Philox
    ) throws -> Tensor {
        var noise = DropoutNoise(rate: settings.loss.dropout, using: random)
        let sequences = DelayedSequences(examples.map(\.codes), pattern: pattern)
        let logarithms = network.decoder.logProbabilities(
            of: sequences, memory: network.memory(examples.map(\.pieces)), noise: &noise)
        let codebooks = pattern.codebooks, decay = settings.loss.codebookDecay
        let weights = (0..<codebooks).map { powf(decay, Float($0)) }
        let scale = -1 / (Float(examples.count * frames) * weights.reduce(0, +))
        return (logarithms * Tensor(weights.map { $0 * scale }, shape: [1, codebooks, 1])).sum()
    }

    public func validate(_ network: MusicNetwork, checkCancelled: @Sendable () throws -> Void) throws -> MusicReport {
        let results = parallelMap(held.count) { index in
            Result { () -> (own: [Double], other: Double) in
                try checkCancelled()
                let sequences = DelayedSequences([held[index].codes], pattern: pattern)
                func nats(_ pieces: [Int]) -> [Double] {
                    let logarithms = network.decoder.logProbabilities(of: sequences, memory: network.memory([pieces]))
                    return logarithms.sum(axes: [0, 2]).values.map { -Double($0) / Double(frames) }
                }
                let own = nats(held[index].pieces), other = nats(held[(index + 1) % held.count].pieces)
                return (own, other.reduce(0, +) / Double(other.count))
            }
        }
        let measured = try results.map { try $0.get() }, count = Double(measured.count)
        let nats = (0..<pattern.codebooks).map { codebook in measured.reduce(0) { $0 + $1.own[codebook] } / count }
        let other = measured.reduce(0) { $0 + $1.other } / count
        return MusicReport(clips: measured.count, nats: nats, captionGain: other - nats.reduce(0, +) / Double(nats.count))
    }

    public func modelMetadata() throws -> [String: String] { file.metadata }

    public func export(_ network: MusicNetwork, metadata: [String: String], to path: String) throws {
        try file.write(network, metadata: metadata, to: path)
    }
}

/// What is said of clips while a model trains.
public struct CaptionSettings: Codable, Sendable, Equatable {
    /// Share of captions that are written anew from what is known of the clip.
    public var varied: Float = 0.7
    /// Share of examples without a caption, for guidance.
    public var dropped: Float = 0.15
    /// How often each piece of a word comes apart.
    public var pieceDropout: Float = 0.05

    public init() {}

    /// - Throws: `TrainingError.invalidSetting`.
    public func validate() throws {
        for (name, value) in [("varied", varied), ("dropped", dropped), ("pieceDropout", pieceDropout)] {
            guard (0...1).contains(value) else {
                throw TrainingError.invalidSetting("captions.\(name)", "must be from 0 to 1, not \(value)")
            }
        }
    }
}

/// Captions as pieces.
struct CaptionSource: Sendable {
    let tokenizer: UnigramTokenizer
    let settings: CaptionSettings

    /// Longer captions are cut.
    static let longest = 256

    func pieces(of text: String) -> [Int] { Array(tokenizer.encode(text).prefix(Self.longest)) }

    /// None for the null condition.
    func draw(for clip: CaptionedClip, using random: inout Philox) -> [Int] {
        guard !random.chance(settings.dropped) else { return [] }
        let text = clip.drawCaption(varied: settings.varied, using: &random).text
        return Array(tokenizer.encode(text, dropout: settings.pieceDropout, using: &random).prefix(Self.longest))
    }
}
