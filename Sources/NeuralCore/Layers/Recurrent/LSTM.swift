/// Long short-term memory in one or more layers, in one direction or both.
///
///     i = σ(W_ii x + b_ii + W_hi h + b_hi)      f = σ(W_if x + b_if + W_hf h + b_hf)
///     g = tanh(W_ig x + b_ig + W_hg h + b_hg)   o = σ(W_io x + b_io + W_ho h + b_ho)
///     c' = f c + i g                            h' = o tanh(c')
///
/// The gates are stacked in the order i, f, g, o in `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0` and `bias_hh_l0`; the
/// reverse direction's names end in `_reverse`.
///
/// S. Hochreiter and J. Schmidhuber, "Long short-term memory", Neural Computation 9(8), 1997; forget gates by F. Gers
/// et al., 2000.
public struct LSTM: Layer {
    /// What a sequence carries from one call to the next; each tensor is `[layers · directions, sequences, hiddenSize]`.
    public struct State: Sendable {
        public var hidden: Tensor
        public var cell: Tensor

        public init(hidden: Tensor, cell: Tensor) {
            (self.hidden, self.cell) = (hidden, cell)
        }
    }

    var layer: RecurrentLayer

    /// Weights uniform in ±1/√hiddenSize.
    public init(
        inputSize: Int, hiddenSize: Int, layers: Int = 1, bidirectional: Bool = false, using rng: inout Philox
    ) {
        layer = RecurrentLayer(
            .lstm, inputs: inputSize, hidden: hiddenSize, layers: layers, bidirectional: bidirectional,
            using: &rng)
    }

    /// The weights, layer by layer, the forward direction before the reverse one.
    public var weights: [RecurrentWeights] {
        get { layer.weights }
        set { layer.weights = newValue }
    }

    /// Runs over `axis` of `[…, steps, …, inputSize]`, every other index being a sequence of its own. The result is
    /// `[…, steps, …, directions · hiddenSize]`. The state is zero before the first step.
    public func callAsFunction(_ input: Tensor, axis: Int = -2) -> Tensor {
        layer.run(input, axis: axis).output
    }

    /// The same, continuing from `state` (zero when `nil`), which becomes the one after the last step. Gradients
    /// pass through it; give its `detached` tensors to cut them.
    public func callAsFunction(_ input: Tensor, axis: Int = -2, state: inout State?) -> Tensor {
        let result = layer.run(input, axis: axis, initialState: state?.hidden, initialCell: state?.cell, keepsState: true)
        if let hidden = result.state, let cell = result.cell { state = State(hidden: hidden, cell: cell) }
        return result.output
    }

    public mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try layer.visitParameters(&visitor)
    }
}
