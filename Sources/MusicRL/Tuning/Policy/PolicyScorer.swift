import Alignment
import Foundation
import NeuralCore

/// What a policy says of sequences, without gradients.
struct SequenceScores: Sendable {
    /// The logarithm of each code's probability, `[codebooks × (steps − 1)]`, zero where there is no code.
    var logarithms: [Float]
    /// The mean entropy of the distributions of the codes, in nats.
    var entropy: Double
    /// The return expected at each step; empty where none is predicted.
    var values: [Float]

    /// k3 of KL(π ‖ π₀) summed over the codes; places without a code add nothing.
    func divergence(from reference: [Float]) -> Double {
        zip(logarithms, reference).reduce(0) { sum, pair in
            sum + KLEstimate.k3(min(max(Double(pair.1) - Double(pair.0), -KLEstimate.limit), KLEstimate.limit))
        }
    }
}

/// Puts sequences through decoders, a few at a time.
struct PolicyScorer: Sendable {
    let distribution: SampledDistribution
    let pattern: DelayPattern
    /// Each prompt's text; nil for none.
    let texts: [TextStates?]
    /// Sequences that go through together; other numbers change results by rounding only.
    var chunk = 4

    /// The batch that sequences make.
    func batch(_ sequences: [CodeSequence]) -> (DelayedSequences, TextMemory?) {
        (
            DelayedSequences(sequences.map(\.codes), pattern: pattern),
            TextMemory(joining: sequences.map { texts[$0.prompt] })
        )
    }

    /// What a policy says of sequences that it has just drawn, and the sequences with what ``SampledDistribution`` must keep
    /// of it.
    func drawn(
        _ sequences: [CodeSequence], by decoder: MusicGenDecoder, values: (@Sendable (Tensor) -> Tensor?)? = nil
    ) -> (clips: [CodeSequence], scores: [SequenceScores]) {
        let items = chunked(sequences) { part in
            let (delayed, memory) = batch(part)
            let output = distribution.scores(by: decoder, of: delayed, memory: memory)
            let clips = zip(part, distribution.supports(output.scores, of: delayed)).map { sequence, support in
                var sequence = sequence
                sequence.support = sequence.isBorrowed ? nil : support
                return sequence
            }
            return Array(zip(clips, scores(clips, in: delayed, output, values)))
        }
        return (items.map(\.0), items.map(\.1))
    }

    func scores(_ sequences: [CodeSequence], by decoder: MusicGenDecoder) -> [SequenceScores] {
        chunked(sequences) { part in
            let (delayed, memory) = batch(part)
            return scores(part, in: delayed, distribution.scores(by: decoder, of: delayed, memory: memory), nil)
        }
    }

    private func scores(
        _ sequences: [CodeSequence], in delayed: DelayedSequences, _ output: (scores: Tensor, states: Tensor),
        _ values: ((Tensor) -> Tensor?)?
    ) -> [SequenceScores] {
        let logarithms = distribution.logarithms(output.scores, supports: sequences.map(\.support))
        let chosen = distribution.chosen(logarithms, in: delayed).values
        let values = values?(output.states)?.values ?? []
        let entropies = Self.entropies(logarithms, delayed)
        return sequences.indices.map { item in
            let frames = sequences[item].frames
            return SequenceScores(
                logarithms: unpadded(chosen, item, frames, delayed), entropy: entropies[item],
                values: values.isEmpty ? [] : rows(values, item, frames, delayed))
        }
    }

    /// An item's numbers, `[codebooks × (its own steps − 1)]`.
    func unpadded(_ values: [Float], _ item: Int, _ frames: Int, _ delayed: DelayedSequences) -> [Float] {
        let all = delayed.validity.shape[2], own = pattern.steps(frames: frames) - 1
        return (0..<pattern.codebooks).flatMap { codebook -> ArraySlice<Float> in
            let start = (item * pattern.codebooks + codebook) * all
            return values[start..<start + own]
        }
    }

    private func rows(_ values: [Float], _ item: Int, _ frames: Int, _ delayed: DelayedSequences) -> [Float] {
        let all = delayed.validity.shape[2]
        return Array(values[item * all..<item * all + pattern.steps(frames: frames) - 1])
    }

    /// What `body` says of a few sequences at a time, several times side by side.
    private func chunked<Value: Sendable>(
        _ sequences: [CodeSequence], _ body: @Sendable ([CodeSequence]) -> [Value]
    ) -> [Value] {
        parallelMap((sequences.count + chunk - 1) / chunk) { index in
            body(Array(sequences[index * chunk..<min((index + 1) * chunk, sequences.count)]))
        }.flatMap { $0 }
    }

    /// The mean over a sequence's codes of −Σ p log p.
    private static func entropies(_ logarithms: Tensor, _ sequences: DelayedSequences) -> [Double] {
        let codes = logarithms.shape[3], places = logarithms.shape[1] * logarithms.shape[2]
        let valid = sequences.validity.values
        return logarithms.withUnsafeBuffer { buffer in
            nonisolated(unsafe) let buffer = buffer
            return parallelMap(sequences.tokens.count) { item in
                var sum = 0.0
                for place in 0..<places where valid[item * places + place] > 0 {
                    let start = (item * places + place) * codes
                    var own: Float = 0
                    for code in start..<start + codes where buffer[code] > -80 { own -= expf(buffer[code]) * buffer[code] }
                    sum += Double(max(own, 0))
                }
                return sum / Double(max(sequences.counts[item], 1))
            }
        }
    }
}

extension TextMemory {
    /// Texts of any lengths padded to one; nil where none has words. Sequences begin with the first frame.
    init?(joining texts: [TextStates?]) {
        let longest = texts.compactMap { $0?.states.shape[0] }.max() ?? 0
        guard let width = texts.compactMap({ $0?.states.shape[1] }).first else { return nil }
        let rows = texts.map { text in
            guard let states = text?.states else { return Tensor.zeros([longest, width]) }
            return states.padded([(0, longest - states.shape[0]), (0, 0)])
        }
        self.init(
            states: .stacked(rows), lengths: texts.map { $0?.states.shape[0] ?? 0 },
            clocks: texts.map { text in text?.tempo.map { BeatClock(tempo: $0) } })
    }
}
