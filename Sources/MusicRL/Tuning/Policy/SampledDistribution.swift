import Foundation
import NeuralCore

/// The probabilities that codes were drawn with: those of guided scores at a temperature, over the codes that top-k and
/// top-p leave.
///
/// Which codes are left is decided by the policy that drew and kept with the sequence, so that other policies are
/// compared over the same codes.
public struct SampledDistribution: Sendable, Equatable {
    public let settings: SamplingSettings

    /// - Throws: ``TuningError/noProbabilities(setting:reason:)`` for draws that are not random.
    public init(_ settings: SamplingSettings) throws {
        try settings.validate()
        guard settings.temperature > 0 else {
            throw TuningError.noProbabilities(
                setting: "Temperature 0", reason: "the most probable code is taken each time, so there is nothing to learn from")
        }
        self.settings = settings
    }

    /// Whether some codes cannot be drawn.
    func isTruncated(codes: Int) -> Bool { settings.topK > 0 && settings.topK < codes || settings.topP < 1 }

    /// What a decoder says of sequences: scores of codes as they are drawn from, and the states of the last layer with
    /// the text. `[batch, codebooks, steps - 1, codes]`, `[batch, steps - 1, width]`
    func scores(
        by decoder: MusicGenDecoder, of sequences: DelayedSequences, memory: TextMemory?
    ) -> (scores: Tensor, states: Tensor) {
        let inputs = sequences.tokens.map { clip in clip.map { Array($0.dropLast()) } }
        let states = decoder.states(inputs, memory: settings.guidance == 0 ? nil : memory).last!
        var scores = decoder.scores(of: states)
        if memory != nil, settings.guidance != 0, settings.guidance != 1 {
            let free = decoder(inputs, memory: nil)
            scores = free + Float(settings.guidance) * (scores - free)
        }
        return (settings.temperature == 1 ? scores : scores * Float(1 / settings.temperature), states)
    }

    /// The logarithms of the probabilities of all codes, −∞ where one could not be drawn.
    func logarithms(_ scores: Tensor, supports: [CodeSupport?]) -> Tensor {
        guard supports.contains(where: { $0 != nil }) else { return scores.logSoftmax() }
        let (batch, codes) = (scores.shape[0], scores.shape[3]), places = scores.shape[1] * scores.shape[2]
        let mask = Tensor(shape: [batch, scores.shape[1], scores.shape[2], codes]) { buffer in
            for (item, support) in supports.enumerated() {
                for place in 0..<places {
                    let target = buffer.baseAddress! + (item * places + place) * codes
                    if let support { support.write(place: place, codes: codes, to: target) } else { target.update(repeating: 0, count: codes) }
                }
            }
        }
        return (scores + mask).logSoftmax()
    }

    /// The logarithm of each code's probability, `[batch, codebooks, steps - 1]`, zero where there is no code.
    func chosen(_ logarithms: Tensor, in sequences: DelayedSequences) -> Tensor {
        let codes = logarithms.shape[3]
        let tokens = sequences.tokens.flatMap { clip in clip.flatMap { $0.dropFirst() } }
        let indices = tokens.enumerated().map { place, token in place * codes + (Int(token) < codes ? Int(token) : 0) }
        return logarithms.reshaped([logarithms.count]).gathered(axis: 0, indices: indices).reshaped(sequences.validity.shape)
            * sequences.validity
    }

    /// The codes that could be drawn in each place of the sequences, the drawn ones among them whatever rounding says.
    func supports(_ scores: Tensor, of sequences: DelayedSequences) -> [CodeSupport?] {
        let codes = scores.shape[3], rows = scores.shape[1], steps = scores.shape[2], places = rows * steps
        guard isTruncated(codes: codes) else { return sequences.tokens.map { _ in nil } }
        // The temperature is in the scores already.
        var settings = settings
        settings.temperature = 1
        let sampler = TokenSampler(settings), valid = sequences.validity.values
        return scores.withUnsafeBuffer { buffer in
            nonisolated(unsafe) let buffer = buffer
            return parallelMap(sequences.tokens.count) { item in
                var support = CodeSupport(places: places, codes: codes)
                for place in 0..<places {
                    let token = Int(sequences.tokens[item][place / steps][place % steps + 1])
                    guard valid[item * places + place] > 0, token < codes else {
                        support.insertAll(codes, at: place)
                        continue
                    }
                    let start = (item * places + place) * codes
                    for code in sampler.support(buffer[start..<start + codes].map(Double.init)) { support.insert(code, at: place) }
                    support.insert(token, at: place)
                }
                return support
            }
        }
    }
}
