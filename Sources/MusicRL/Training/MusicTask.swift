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
        let text: CaptionPieces
        /// The frame of the clip at which it begins.
        var start = 0

        var clock: BeatClock? { text.tempo.map { BeatClock(tempo: $0, start: start) } }
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
            return Example(codes: clip.codes.map { Array($0[..<frames]) }, text: captions.pieces(of: clip.clip))
        }
        fingerprint = SHA256.digest(of: (clips + validation).map { $0.content + $0.clip.caption }.joined(separator: "\n"))
    }

    public func example(_ index: Int) throws -> Example {
        var random = RandomPurpose.examples.generator(run: settings.seed, stream: index)
        let clip = clips[random.nextInt(below: clips.count)], room = clip.codes[0].count - frames
        let isFromStart = random.chance(settings.excerpts.fromStart), place = random.nextInt(below: room + 1)
        let start = isFromStart ? 0 : place
        return Example(
            codes: clip.codes.map { Array($0[start..<start + frames]) }, text: captions.draw(for: clip.clip, using: &random),
            start: start)
    }

    public func loss(
        of network: MusicNetwork, on examples: ArraySlice<Example>, items: Range<Int>, random: Philox
    ) throws -> Tensor {
        var noise = DropoutNoise(rate: settings.loss.dropout, using: random)
        let sequences = DelayedSequences(examples.map(\.codes), pattern: pattern)
        let logarithms = network.decoder.logProbabilities(
            of: sequences, memory: network.memory(examples.map(\.text.pieces), clocks: examples.map(\.clock)), noise: &noise)
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
                func nats(_ told: Example) -> [Double] {
                    let memory = network.memory([told.text.pieces], clocks: [told.clock])
                    let logarithms = network.decoder.logProbabilities(of: sequences, memory: memory)
                    return logarithms.sum(axes: [0, 2]).values.map { -Double($0) / Double(frames) }
                }
                let own = nats(held[index]), other = nats(held[(index + 1) % held.count])
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

/// A caption as pieces, none for the null condition.
struct CaptionPieces: Sendable {
    var pieces: [Int] = []
    /// The clip's, in beats a minute, where the caption names one.
    var tempo: Double?
}

/// Captions as pieces.
struct CaptionSource: Sendable {
    let tokenizer: UnigramTokenizer
    let settings: CaptionSettings

    /// Longer captions are cut.
    static let longest = 256

    /// Of the clip's own caption.
    func pieces(of clip: CaptionedClip) -> CaptionPieces {
        CaptionPieces(pieces: Array(tokenizer.encode(clip.caption).prefix(Self.longest)), tempo: tempo(clip, in: clip.caption))
    }

    func draw(for clip: CaptionedClip, using random: inout Philox) -> CaptionPieces {
        guard !random.chance(settings.dropped) else { return CaptionPieces() }
        let text = clip.drawCaption(varied: settings.varied, using: &random).text
        let pieces = tokenizer.encode(text, dropout: settings.pieceDropout, using: &random).prefix(Self.longest)
        return CaptionPieces(pieces: Array(pieces), tempo: tempo(clip, in: text))
    }

    /// Captions may be off by a little; a clock must not be.
    private func tempo(_ clip: CaptionedClip, in text: String) -> Double? {
        text.namedTempo.map { clip.facts.bpm.map(Double.init) ?? $0 }
    }
}
