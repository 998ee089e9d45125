import NeuralCore

/// Draws clips of codes from a policy as it is now.
struct RolloutGenerator: Sendable {
    let sampling: SamplingSettings
    let window: TokenGenerator.Window
    let frames: Int
    /// Each prompt's text; nil for none.
    let texts: [TextStates?]
    /// Clips that are drawn side by side; it changes none of them.
    var clipsAtOnce = 32

    /// What is to be drawn: a clip for a prompt, by a seed.
    struct Request: Sendable, Equatable {
        var prompt: Int
        var seed: UInt64
    }

    /// - Parameter onFrame: called for each frame with the share of the work that is done; what it throws ends the work.
    func generate(
        _ requests: [Request], by decoder: MusicGenDecoder, onFrame: (Double) throws -> Void = { _ in }
    ) throws -> [CodeSequence] {
        let weights = try DecoderWeights(decoder, precision: .float32)
        var conditions: [Int: TextCondition] = [:]
        for prompt in Set(requests.map(\.prompt)) {
            if let text = texts[prompt] { conditions[prompt] = TextCondition(text, for: weights) }
        }
        let steps = weights.configuration.pattern.steps(frames: frames)
        let group = max(1, min(clipsAtOnce, (1 << 30) / (2 * weights.cacheBytes(steps: steps))))
        var clips: [CodeSequence] = []
        for first in stride(from: 0, to: requests.count, by: group) {
            let part = Array(requests[first..<min(first + group, requests.count)])
            let generator = try TokenGenerator(
                weights, texts: part.map { conditions[$0.prompt] }, seeds: part.map(\.seed), settings: sampling, window: window,
                frames: frames)
            let codes = try generator.generate { frame, _ in
                try onFrame((Double(first) + Double(part.count) * Double(frame + 1) / Double(frames)) / Double(requests.count))
            }
            clips += zip(part, codes).map { CodeSequence(prompt: $0.prompt, codes: $1) }
        }
        return clips
    }
}
