import NeuralCore

/// What a decoder attends to: the states of the texts of a batch, padded to one length.
public struct TextMemory: Sendable {
    /// `[batch, pieces, width]`, zero in padding.
    public let states: Tensor
    /// How many pieces of each text are no padding. 0 is the null condition: nothing is attended to.
    public let lengths: [Int]
    /// The beats of the tempos that texts name; a text without pieces names none.
    let clocks: [BeatClock?]

    public init(states: Tensor, lengths: [Int]) { self.init(states: states, lengths: lengths, clocks: lengths.map { _ in nil }) }

    init(states: Tensor, lengths: [Int], clocks: [BeatClock?]) {
        precondition(states.rank == 3 && states.shape[0] == lengths.count, "\(lengths.count) texts in \(states.shape)")
        (self.states, self.lengths) = (states, lengths)
        self.clocks = zip(lengths, clocks).map { $0 > 0 ? $1 : nil }
    }

    /// Hides padding: `[batch, 1, 1, pieces]`. A text without pieces hides nothing, which ``presence`` makes up for.
    var mask: Tensor? {
        let length = states.shape[1]
        guard lengths.contains(where: { $0 < length }) else { return nil }
        let values = lengths.flatMap { own in (0..<length).map { $0 < own || own == 0 ? Float(0) : -.infinity } }
        return Tensor(values, shape: [lengths.count, 1, 1, length])
    }

    /// 1 where there is a text, 0 for the null condition: `[batch, 1, 1]`; nil where all have a text.
    var presence: Tensor? {
        guard lengths.contains(0) else { return nil }
        return Tensor(lengths.map { $0 > 0 ? 1 : 0 }, shape: [lengths.count, 1, 1])
    }
}
