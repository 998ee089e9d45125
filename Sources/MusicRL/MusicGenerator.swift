import AudioDSP
import Foundation
import NeuralCore

/// Makes music from descriptions.
///
/// ```swift
/// let model = try MusicModel(ModelStore().model(nil, kind: .music))
/// let generator = try MusicGenerator(model: model)
/// let clips = try generator.generate(MusicRequest(prompt: "a slow waltz for solo piano", seconds: 10, seeds: [1]))
/// try AudioFile.write(clips[0], to: "waltz.wav")
/// ```
/// It holds no state and may be used from several threads at once.
public struct MusicGenerator: Sendable {
    public let model: MusicModel
    public let precision: WeightPrecision
    let weights: DecoderWeights
    /// Bytes that the past of clips made side by side may take.
    var cacheLimit = 2 << 30

    /// - Parameter precision: of the decoder's weights; nil for what suits its size.
    /// - Throws: `CheckpointError` for weights that do not fit the settings.
    public init(model: MusicModel, precision: WeightPrecision? = nil) throws {
        self.model = model
        self.precision = precision ?? .suited(to: model.configuration)
        weights = try model.decoderWeights(self.precision)
    }

    /// How far a request has come, in seconds of music over all clips.
    public struct Progress: Sendable {
        public var done: Double
        public var total: Double
    }

    /// All clips of a request in memory.
    ///
    /// - Throws: as ``generate(_:onProgress:into:)``.
    public func generate(_ request: MusicRequest) throws -> [AudioBuffer] {
        let empty = AudioBuffer(channels: [[Float]](repeating: [], count: model.channels), sampleRate: model.sampleRate)
        var clips = [AudioBuffer](repeating: empty, count: request.seeds.count)
        try generate(request) { clips[$0].append($1) }
        return clips
    }

    /// Makes the clips of a request side by side, as many as memory allows, and hands out their sound as it is made.
    ///
    /// - Parameters:
    ///   - onProgress: called for each frame; what it throws ends the work.
    ///   - sink: receives the sound of a clip, by its number, block by block.
    /// - Throws: ``MusicGenerationError``, `CodecError`, and what the closures throw.
    public func generate(
        _ request: MusicRequest, onProgress: (Progress) throws -> Void = { _ in },
        into sink: (_ clip: Int, _ sound: AudioBuffer) throws -> Void
    ) throws {
        try request.validate()
        let condition = try model.text.states(request.prompt).map { TextCondition($0, for: weights) }
        let start = try request.start.map(model.codes) ?? []
        let samples = max(1, Int((request.seconds * model.codec.sampleRate).rounded())), hop = model.codec.hopLength
        let known = start.first?.count ?? 0, frames = known + (samples + hop - 1) / hop
        let group = clipsAtOnce(frames: frames), count = request.seeds.count
        for first in stride(from: 0, to: count, by: group) {
            let clips = first..<min(count, first + group), seeds = request.seeds[clips]
            let generator = try TokenGenerator(
                weights, texts: seeds.map { _ in condition }, seeds: Array(seeds), settings: request.sampling,
                window: model.window, start: start.isEmpty ? nil : start, frames: frames)
            try render(generator, start, samples: known * hop + samples, onFrame: { frame in
                let seconds = min(Double(frame + 1 - known) / model.frameRate, request.seconds)
                try onProgress(Progress(
                    done: Double(first) * request.seconds + Double(clips.count) * seconds,
                    total: Double(count) * request.seconds))
            }, into: { try sink(first + $0, $1) })
        }
    }

    /// Runs a generator and decodes its codes as they come.
    private func render(
        _ generator: TokenGenerator, _ start: [[Int32]], samples: Int, onFrame: (Int) throws -> Void,
        into sink: (Int, AudioBuffer) throws -> Void
    ) throws {
        var renderers = try (0..<generator.clipCount).map { _ in try ClipRenderer(model, samples: samples) }
        func put(_ clip: Int, _ sound: [[Float]]) throws {
            guard sound.first?.isEmpty == false else { return }
            try sink(clip, AudioBuffer(channels: sound, sampleRate: model.sampleRate))
        }
        if !start.isEmpty { for clip in renderers.indices { try put(clip, renderers[clip].take(start)) } }
        try generator.generate { frame, codes in
            for clip in renderers.indices { try put(clip, renderers[clip].take(codes[clip].map { [$0] })) }
            try onFrame(frame)
        }
        for clip in renderers.indices { try put(clip, renderers[clip].finish()) }
    }

    /// Clips whose past fits in ``cacheLimit``; which clips are made together changes none of them.
    private func clipsAtOnce(frames: Int) -> Int {
        let steps = model.configuration.pattern.steps(frames: min(frames, model.window.length))
        return max(1, cacheLimit / (2 * weights.cacheBytes(steps: steps)))
    }
}

extension WeightPrecision {
    /// Small decoders are kept exact; large ones, which wait for memory, in 8 bits.
    public static func suited(to configuration: MusicGenConfiguration) -> WeightPrecision {
        let width = configuration.width
        let weights = configuration.layers * (6 * width * width + 2 * width * configuration.feedForwardWidth)
        return weights > 100_000_000 ? .int8 : .float32
    }
}
