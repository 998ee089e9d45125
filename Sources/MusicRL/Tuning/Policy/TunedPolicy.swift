import NeuralCore

/// A decoder that is tuned, beside the one it started from.
///
/// Its parameters are what training changes: adapters or all weights, and the head that predicts returns, where there is
/// one.
public struct TunedPolicy: Layer {
    /// The decoder at the start, which stays as it is.
    public let start: MusicGenDecoder
    private var whole: MusicGenDecoder?
    private var projections: LowRankAdapters?
    private var norms: NormAdapters?
    /// From a step's state to the return that is expected of it, `[1, width]`.
    private var valueHead: Linear?

    /// - Parameters:
    ///   - adapters: what is changed.
    ///   - predictsReturns: whether there is a head for them, which says 0 at the start.
    public init(_ start: MusicGenDecoder, adapters: TuningConfiguration.Adapters, predictsReturns: Bool, using rng: inout Philox) {
        self.start = start
        if adapters.changesAll {
            whole = start
        } else {
            if adapters.kind != .norms { projections = LowRankAdapters(for: start, rank: adapters.rank, alpha: adapters.alpha, using: &rng) }
            if adapters.kind != .lowRank { norms = NormAdapters(for: start) }
        }
        if predictsReturns {
            valueHead = Linear(weight: .zeros([1, start.configuration.width]), bias: .zeros([1]))
        }
    }

    /// The decoder as it is now. Gradients go to what is changed.
    public var decoder: MusicGenDecoder {
        if let whole { return whole }
        let changes = (projections?.changes ?? [:]).merging(norms?.changes ?? [:]) { first, _ in first }
        return start.adding(changes)
    }

    /// The return expected at each step, `[batch, steps]`; the states take no gradient from it.
    func values(_ states: Tensor) -> Tensor? { valueHead.map { $0(states.detached).squeezed(at: 2) } }

    public mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("decoder", &whole)
        try visitor.visit("low_rank", &projections)
        try visitor.visit("norms", &norms)
        try visitor.visit("value", &valueHead)
    }
}

extension MusicGenDecoder {
    /// The decoder with something added to the parameters of these names.
    fileprivate func adding(_ changes: [String: Tensor]) -> MusicGenDecoder {
        struct Addition: ParameterVisitor {
            var path = ""
            let changes: [String: Tensor]

            mutating func visit(_ name: String, _ parameter: inout Tensor) {
                if let change = changes[fullName(name)] { parameter = parameter + change }
            }

            mutating func visitBuffer(_ name: String, _ buffer: inout Tensor) {}
        }
        var result = self, addition = Addition(changes: changes)
        do {
            try result.visitParameters(&addition)
        } catch {
            preconditionFailure("the addition throws nothing: \(error)")
        }
        return result
    }
}
