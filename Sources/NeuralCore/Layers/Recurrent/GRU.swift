/// Gated recurrent units in one or more layers, in one direction or both.
///
///     r = σ(W_ir x + b_ir + W_hr h + b_hr)
///     z = σ(W_iz x + b_iz + W_hz h + b_hz)
///     n = tanh(W_in x + b_in + r (W_hn h + b_hn))
///     h' = (1 − z) n + z h
///
/// The gates are stacked in this order in `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0` and `bias_hh_l0`; the reverse
/// direction's names end in `_reverse`.
///
/// K. Cho et al., "Learning phrase representations using RNN encoder–decoder", EMNLP 2014, with the reset gate after the
/// hidden product.
public struct GRU: Layer {
    var layer: RecurrentLayer

    /// Weights uniform in ±1/√hiddenSize.
    public init(
        inputSize: Int, hiddenSize: Int, layers: Int = 1, bidirectional: Bool = false, using rng: inout Philox
    ) {
        layer = RecurrentLayer(
            .gru, inputs: inputSize, hidden: hiddenSize, layers: layers, bidirectional: bidirectional,
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

    /// The same, continuing from `state` (zero when `nil`), which becomes the one after the last step,
    /// `[layers · directions, sequences, hiddenSize]`. Gradients pass through it; give its `detached` to cut them.
    public func callAsFunction(_ input: Tensor, axis: Int = -2, state: inout Tensor?) -> Tensor {
        let result = layer.run(input, axis: axis, initialState: state, keepsState: true)
        state = result.state
        return result.output
    }

    public mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try layer.visitParameters(&visitor)
    }
}
