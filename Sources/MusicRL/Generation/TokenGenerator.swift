import NeuralCore

/// Draws the codes of several clips at once.
///
/// Every clip has a seed; the same seed and text give the same codes alone or beside other clips, whatever the number
/// of threads. Clips longer than the window go on from their last ``Window/overlap`` frames, as often as is needed.
public final class TokenGenerator {
    /// What the model was trained to see at once, in frames.
    public struct Window: Sendable, Equatable {
        public var length: Int
        /// Frames by which a long clip goes on each time.
        public var stride: Int
        public var overlap: Int { length - stride }

        public init(length: Int, stride: Int) {
            precondition(length > stride && stride > 0, "a window of \(length) frames cannot move by \(stride)")
            (self.length, self.stride) = (length, stride)
        }
    }

    private struct Clip {
        var rng: Philox
        /// `[codebooks][frames]`
        var codes: [[Int32]]
    }

    private let decoder: IncrementalDecoder
    private let pattern: DelayPattern
    private let settings: SamplingSettings
    private let sampler: TokenSampler
    private let window: Window
    private let frames: Int
    private let isGuided: Bool
    private var clips: [Clip]

    /// - Parameters:
    ///   - texts: one for each clip; nil for no text.
    ///   - seeds: as many.
    ///   - start: codes that all clips begin with, `[codebooks][frames]`.
    ///   - frames: length of the clips in all.
    /// - Throws: ``MusicGenerationError`` for settings or codes that cannot be.
    public init(
        _ weights: DecoderWeights, texts: [TextCondition?], seeds: [UInt64], settings: SamplingSettings, window: Window,
        start: [[Int32]]? = nil, frames: Int
    ) throws {
        precondition(!texts.isEmpty && texts.count == seeds.count, "\(seeds.count) seeds for \(texts.count) texts")
        try settings.validate()
        let configuration = weights.configuration
        pattern = configuration.pattern
        (self.settings, self.window, self.frames) = (settings, window, frames)
        sampler = TokenSampler(settings)
        let start = start ?? [[Int32]](repeating: [], count: configuration.codebooks)
        try Self.check(start, configuration)
        clips = seeds.map { Clip(rng: Philox(seed: $0), codes: start) }
        // Where nothing is asked for, the text and its absence say the same.
        isGuided = settings.guidance != 1 && settings.guidance != 0 && texts.contains { $0 != nil }
        let nothing = [TextCondition?](repeating: nil, count: texts.count)
        let conditions = settings.guidance == 0 ? nothing : isGuided ? texts + nothing : texts
        decoder = IncrementalDecoder(
            weights, conditions: conditions, capacity: pattern.steps(frames: min(window.length, max(frames, 1))))
    }

    var clipCount: Int { clips.count }

    private static func check(_ codes: [[Int32]], _ configuration: MusicGenConfiguration) throws {
        guard codes.count == configuration.codebooks else {
            throw MusicGenerationError.promptCodes(reason: "it has \(codes.count) codebooks instead of \(configuration.codebooks)")
        }
        guard codes.allSatisfy({ $0.count == codes[0].count }) else {
            throw MusicGenerationError.promptCodes(reason: "its codebooks differ in length")
        }
        if let code = codes.joined().first(where: { !(0..<Int32(configuration.codes)).contains($0) }) {
            throw MusicGenerationError.promptCodes(reason: "its code \(code) is not one of \(configuration.codes)")
        }
    }

    /// Draws all frames.
    ///
    /// - Parameters:
    ///   - onFrame: receives each new frame of all clips, `[clips][codebooks]`; what it throws ends the work.
    ///   - reselect: receives all codes so far after each frame but the last, and may say from which clip's past each one goes
    ///     on; its random numbers stay its own.
    /// - Returns: `[clips][codebooks][frames]`, the codes at the start included.
    /// - Throws: ``MusicGenerationError/notFinite(part:step:)``.
    @discardableResult
    public func generate(
        onFrame: (_ frame: Int, _ codes: [[Int32]]) throws -> Void = { _, _ in },
        reselect: ((_ frame: Int, _ codes: [[[Int32]]]) throws -> [Int]?)? = nil
    ) throws -> [[[Int32]]] {
        while let done = clips[0].codes.first?.count, done < frames {
            let context = min(done, window.overlap)
            try fillWindow(context: context, new: min(window.length - context, frames - done), onFrame: onFrame, reselect: reselect)
        }
        return clips.map(\.codes)
    }

    /// Draws `new` frames after the last `context` frames of each clip.
    private func fillWindow(
        context: Int, new: Int, onFrame: (Int, [[Int32]]) throws -> Void, reselect: ((Int, [[[Int32]]]) throws -> [Int]?)?
    ) throws {
        let total = context + new, first = clips[0].codes[0].count - context
        var tokens = clips.map { clip in pattern.delayed(clip.codes.map { Array($0.suffix(context)) }) }
        for clip in tokens.indices {
            for codebook in tokens[clip].indices {
                let missing = pattern.steps(frames: total) - tokens[clip][codebook].count
                tokens[clip][codebook] += [Int32](repeating: pattern.special, count: missing)
            }
        }
        decoder.reset(start: first)
        try advance(tokens, steps: 0..<context + 1)
        for step in context + 1..<pattern.steps(frames: total) {
            for clip in clips.indices { draw(clip, step: step, range: context..<total, into: &tokens[clip]) }
            let finished = step - 1 - pattern.longestDelay
            if finished >= context {
                for clip in clips.indices {
                    for codebook in 0..<pattern.codebooks {
                        clips[clip].codes[codebook].append(tokens[clip][codebook][finished + 1 + pattern.delays[codebook]])
                    }
                }
                try onFrame(first + finished, clips.map { clip in clip.codes.map { $0.last! } })
                if let reselect, first + finished + 1 < frames, let sources = try reselect(first + finished, clips.map(\.codes)) {
                    tokens = sources.map { tokens[$0] }
                    let codes = clips.map(\.codes)
                    for clip in clips.indices { clips[clip].codes = codes[sources[clip]] }
                    decoder.reorder(isGuided ? sources + sources.map { $0 + clips.count } : sources)
                }
            }
            if step + 1 < pattern.steps(frames: total) { try advance(tokens, steps: step..<step + 1) }
        }
    }

    /// Both halves, with the text and without, get the same tokens.
    private func advance(_ tokens: [[[Int32]]], steps: Range<Int>) throws {
        let rows = tokens.map { clip in steps.map { step in clip.map { $0[step] } } }
        try decoder.advance(isGuided ? rows + rows : rows)
    }

    /// One random number for each code, in order of codebooks.
    private func draw(_ clip: Int, step: Int, range: Range<Int>, into tokens: inout [[Int32]]) {
        let codes = decoder.weights.configuration.codes
        let given = decoder.scores(clip), free = isGuided ? decoder.scores(clip + clips.count) : given
        for codebook in 0..<pattern.codebooks where range.contains(pattern.frame(step: step, codebook: codebook)) {
            var scores = [Double](repeating: 0, count: codes)
            for code in 0..<codes {
                let place = codebook * codes + code
                scores[code] = isGuided
                    ? Double(Self.guided(given[place], free[place], Float(settings.guidance))) : Double(given[place])
            }
            let uniform = sampler.isRandom ? Double(clips[clip].rng.nextUniform()) : 0
            tokens[codebook][step] = Int32(sampler.draw(scores, uniform: uniform))
        }
    }

    /// Classifier-free guidance.
    ///
    /// J. Ho and T. Salimans, "Classifier-free diffusion guidance", 2022.
    static func guided(_ conditional: Float, _ unconditional: Float, _ scale: Float) -> Float {
        unconditional + scale * (conditional - unconditional)
    }
}
