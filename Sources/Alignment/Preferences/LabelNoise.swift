/// What several preference models together think of a labelled pair.
///
/// B. Wang et al., "Secrets of RLHF in large language models part II: reward modeling", 2024.
public enum PairVerdict: Sendable, Equatable {
    case keep
    /// All agree that the other one is better: the label is probably wrong.
    case flip
    /// They disagree among themselves: nothing is to be learned.
    case drop

    /// - Parameters:
    ///   - margins: each member's score of the chosen one less that of the rejected one.
    ///   - disagreement: the standard deviation of margins from which on a pair is dropped.
    public init(margins: [Double], disagreement: Double) {
        precondition(!margins.isEmpty, "there are no opinions")
        let count = Double(margins.count), mean = margins.reduce(0, +) / count
        let deviation = (margins.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count).squareRoot()
        self = deviation >= disagreement ? .drop : mean < 0 ? .flip : .keep
    }
}

/// Two preference models that teach each other: each passes on only the pairs about whose labels it is surest.
///
/// "Collaborative reward modeling", 2025: the share that is kept falls from 1 to 1 − noise over the training.
public struct PeerSelection: Sendable, Equatable {
    /// The share of labels thought wrong.
    public var noise: Double
    /// Steps over which the share falls.
    public var steps: Int

    public init(noise: Double, steps: Int) { (self.noise, self.steps) = (noise, steps) }

    public func keptShare(at step: Int) -> Double {
        1 - noise * min(1, Double(max(step, 0)) / Double(max(steps, 1)))
    }

    /// The pairs of a batch that a model hands to its peer, in their order: those with the largest margins by its own
    /// opinion, at least one.
    public func selected(margins: [Double], at step: Int) -> [Int] {
        guard !margins.isEmpty else { return [] }
        let count = max(1, Int((keptShare(at: step) * Double(margins.count)).rounded()))
        return margins.indices.sorted { (-margins[$0], $0) < (-margins[$1], $1) }.prefix(count).sorted()
    }
}
