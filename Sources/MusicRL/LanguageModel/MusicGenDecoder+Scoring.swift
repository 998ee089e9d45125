import NeuralCore

/// Clips of codes as a decoder is scored on them: delayed, with the places that hold codes.
public struct DelayedSequences: Sendable {
    /// `[batch][codebooks][steps]`
    public let tokens: [[[Int32]]]
    /// 1 where the token of the step after is a code, 0 where it is special: `[batch, codebooks, steps - 1]`.
    public let validity: Tensor
    /// Codes in each clip.
    public let counts: [Int]

    /// Clips of any lengths, `[batch][codebooks][frames]`; shorter ones are filled up with the special token.
    public init(_ codes: [[[Int32]]], pattern: DelayPattern) {
        let longest = codes.map { $0[0].count }.max() ?? 0, steps = pattern.steps(frames: longest)
        tokens = codes.map { clip in
            pattern.delayed(clip).map { $0 + [Int32](repeating: pattern.special, count: steps - $0.count) }
        }
        let valid: [Float] = codes.flatMap { clip in
            pattern.validity(frames: clip[0].count).flatMap { row in
                (1..<steps).map { $0 < row.count && row[$0] ? 1 : 0 }
            }
        }
        validity = Tensor(valid, shape: [codes.count, pattern.codebooks, steps - 1])
        counts = codes.map { $0.count * $0[0].count }
    }
}

extension MusicGenDecoder {
    /// The logarithm of each code's probability given all before it, at temperature 1 and without guidance:
    /// `[batch, codebooks, steps - 1]`, zero where there is no code.
    public func logProbabilities(of sequences: DelayedSequences, memory: TextMemory?) -> Tensor {
        var none = DropoutNoise.none
        return logProbabilities(of: sequences, memory: memory, noise: &none)
    }

    func logProbabilities(of sequences: DelayedSequences, memory: TextMemory?, noise: inout DropoutNoise) -> Tensor {
        let inputs = sequences.tokens.map { clip in clip.map { Array($0.dropLast()) } }
        let scores = scores(inputs, memory: memory, noise: &noise), codes = configuration.codes
        let chosen = sequences.tokens.flatMap { clip in clip.flatMap { $0.dropFirst() } }
        let indices = chosen.enumerated().map { place, token in place * codes + (Int(token) < codes ? Int(token) : 0) }
        let logarithms = scores.logSoftmax().reshaped([scores.count]).gathered(axis: 0, indices: indices)
        return logarithms.reshaped(sequences.validity.shape) * sequences.validity
    }
}
