import NeuralCore

/// A decoder that is tuned, beside the one it started from.
///
/// Its parameters are what training changes: adapters or all weights, and the head that predicts returns, where there is
/// one.
public struct TunedPolicy: Layer {
    /// The decoder at the start, which stays as it is.
    public let start: MusicGenDecoder
    private var whole: MusicGenDecoder?
    private var adapters: LowRankAdapters?
    /// From a step's state to the return that is expected of it, `[1, width]`.
    private var valueHead: Linear?

    /// - Parameters:
    ///   - rank: of the adapters; 0 tunes all weights.
    ///   - predictsReturns: whether there is a head for them, which says 0 at the start.
    public init(_ start: MusicGenDecoder, rank: Int, alpha: Float, predictsReturns: Bool, using rng: inout Philox) {
        self.start = start
        if rank > 0 { adapters = LowRankAdapters(for: start, rank: rank, alpha: alpha, using: &rng) } else { whole = start }
        if predictsReturns {
            valueHead = Linear(weight: .zeros([1, start.configuration.width]), bias: .zeros([1]))
        }
    }

    /// The decoder as it is now.
    public var decoder: MusicGenDecoder { adapters?.applied(to: start) ?? whole ?? start }

    /// The return expected at each step, `[batch, steps]`; the states take no gradient from it.
    func values(_ states: Tensor) -> Tensor? { valueHead.map { $0(states.detached).squeezed(at: 2) } }

    public mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("decoder", &whole)
        try visitor.visit("low_rank", &adapters)
        try visitor.visit("value", &valueHead)
    }
}
