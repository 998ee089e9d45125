import Foundation
import ModelLibrary
import NeuralCore
import TextEncoding
import Training

/// Trains an encoder: a recording's embedding is to be nearer to its own caption's than to those of other recordings, and a
/// caption's to its own recording's.
///
/// A. Radford et al., "Learning transferable visual models from natural language supervision", ICML 2021, as Y. Wu et al.
/// (CLAP) use it. Captions that are true of another recording of the batch do not count as wrong for it.
public struct ContrastiveTask: TrainingTask {
    public struct Example: Sendable {
        /// `[frames, bands]`
        let features: [Float]
        let pieces: [Int]
        let caption: Caption
        let clip: CaptionedClip
    }

    private let settings: ContrastiveTrainingConfiguration
    private let clips: FeaturedClips
    private let held: FeaturedClips
    private let frames: Int, windowFrames: Int
    private let tokenizer: UnigramTokenizer
    private let tokenizerFile: [UInt8]
    public let fingerprint: String

    init(
        _ settings: ContrastiveTrainingConfiguration, clips: FeaturedClips, validation: FeaturedClips, tokenizer: [UInt8]
    ) throws {
        (self.settings, self.clips, held, tokenizerFile) = (settings, clips, validation, tokenizer)
        self.tokenizer = try UnigramTokenizer(json: tokenizer, path: "tokenizer.json")
        let rate = Float(settings.model.sampleRate) / Float(settings.model.hop)
        frames = max(1, Int(settings.excerpts.seconds * rate))
        windowFrames = settings.model.windowSamples / settings.model.hop
        let members = (clips.clips + validation.clips).map { "\($0.path)|\($0.caption)" }
        fingerprint = SHA256.digest(of: members.joined(separator: "\n"))
    }

    public func example(_ index: Int) throws -> Example {
        var random = RandomPurpose.examples.generator(run: settings.seed, stream: index)
        let number = random.nextInt(below: clips.clips.count), clip = clips.clips[number]
        let start = random.nextInt(below: max(1, clips.frameCount(number) - frames + 1))
        let caption = clip.drawCaption(varied: settings.excerpts.varied, using: &random)
        let pieces = tokenizer.encode(caption.text, dropout: settings.excerpts.pieceDropout, using: &random)
        var features = clips.excerpt(number, from: start, count: frames)
        disturb(&features, using: &random)
        return Example(
            features: features, pieces: Array(pieces.prefix(ContrastiveEncoder.longestText)), caption: caption, clip: clip)
    }

    /// Other rooms and microphones, other codecs, a part of the spectrum missing.
    private func disturb(_ features: inout [Float], using random: inout Philox) {
        let bands = settings.model.bands, decibel: Float = 0.07
        let tilt = settings.excerpts.tilt * decibel * (2 * random.nextUniform() - 1), noise = settings.excerpts.noise * decibel
        let slope = (0..<bands).map { tilt * (2 * Float($0) / Float(bands - 1) - 1) }
        let width = random.nextInt(below: settings.excerpts.mask + 1), first = random.nextInt(below: bands - width)
        for index in features.indices {
            let band = index % bands
            features[index] = first..<first + width ~= band ? 0 : features[index] + slope[band] + noise * random.nextGaussian()
        }
    }

    public func loss(
        of network: ContrastiveNetwork, on examples: ArraySlice<Example>, items: Range<Int>, random: Philox
    ) throws -> Tensor {
        let features = Tensor(examples.flatMap(\.features), shape: [examples.count, frames, settings.model.bands])
        let audio = network.embeddings(ofFeatures: features), text = network.embeddings(ofPieces: examples.map(\.pieces))
        let truths = examples.flatMap { audio in examples.map { Self.holds($0.caption, of: audio.clip, own: audio.caption) } }
        return Self.loss(audio, text, scale: network.scale, alsoTrue: truths)
    }

    /// Whether a caption is true of a clip, as far as it can be told.
    private static func holds(_ caption: Caption, of clip: CaptionedClip, own: Caption) -> Bool {
        caption.text == own.text || caption.text == clip.caption || caption.holds(of: clip.facts)
    }

    /// The symmetric cross-entropy of `[count, dimension]` of each side.
    ///
    /// - Parameter alsoTrue: `[recordings, captions]`; pairs that are no counter-examples.
    static func loss(_ audio: Tensor, _ text: Tensor, scale: Tensor, alsoTrue: [Bool]) -> Tensor {
        let count = audio.shape[0]
        let places = alsoTrue.indices.map { (isOwn: $0 / count == $0 % count, isTrue: alsoTrue[$0]) }
        let hidden = Tensor(places.map { $0.isTrue && !$0.isOwn ? -1e9 : 0 }, shape: [count, count])
        let own = Tensor(places.map { $0.isOwn ? 1 : 0 }, shape: [count, count])
        let scores = matmul(audio, text, transposeB: true) * exp(clamp(scale, maximum: 4.6)) + hidden
        return ((scores.logSoftmax(axis: 1) + scores.logSoftmax(axis: 0)) * own).sum() * (-0.5 / Float(count))
    }

    public func validate(_ network: ContrastiveNetwork, checkCancelled: @Sendable () throws -> Void) throws -> ContrastiveReport {
        let count = held.clips.count, bands = settings.model.bands
        let rows = try parallelMap(count) { index in
            Result { () -> (audio: Tensor, text: Tensor) in
                try checkCancelled()
                let features = Tensor(held.excerpt(index, from: 0, count: windowFrames), shape: [1, windowFrames, bands])
                let pieces = Array(tokenizer.encode(held.clips[index].caption).prefix(ContrastiveEncoder.longestText))
                return (network.embeddings(ofFeatures: features), network.embeddings(ofPieces: [pieces]))
            }
        }.map { try $0.get() }
        let audio = Tensor.concatenated(rows.map(\.audio), axis: 0), text = Tensor.concatenated(rows.map(\.text), axis: 0)
        let scores = matmul(audio, text, transposeB: true).values
        let equal = held.clips.flatMap { own in held.clips.map { $0.caption == own.caption } }
        var pairs = 0, right = 0, first = 0
        for recording in 0..<count {
            let own = scores[recording * count + recording]
            let others = (0..<count).filter { !equal[recording * count + $0] }.map { scores[recording * count + $0] }
            (pairs, right) = (pairs + others.count, right + others.count { $0 < own })
            if others.allSatisfy({ $0 < own }) { first += 1 }
        }
        let loss = Self.loss(audio, text, scale: network.scale, alsoTrue: equal).item
        return ContrastiveReport(
            clips: count, loss: Double(loss), accuracy: Double(right) / Double(max(1, pairs)), firstPlace: Double(first) / Double(count))
    }

    public func modelMetadata() throws -> [String: String] { try settings.model.modelMetadata(name: settings.name) }

    /// Matrices are stored in half the space.
    public func export(_ network: ContrastiveNetwork, metadata: [String: String], to path: String) throws {
        let tensors = network.namedParameters(), matrices = Set(tensors.filter { $0.1.rank > 1 }.map(\.0))
        try SafeTensorsFile.write(
            tensors, files: [("tokenizer/tokenizer.json", tokenizerFile)], metadata: metadata, to: path,
            type: { matrices.contains($0) ? .bfloat16 : .float32 })
    }
}
