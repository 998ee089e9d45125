import NeuralCore

/// Changes of a decoder's normalisations, of their gains and of what they add. They are some thousands of numbers in all,
/// so that few clips tell where they should go.
///
/// B. Zhao et al., "Tuning LayerNorm in attention", ICLR 2024.
public struct NormAdapters: Layer {
    /// What is added to one gain or offset; zero at the start.
    struct Shift: Layer {
        let target: String
        var value: Tensor

        mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws { try visitor.visit("value", &value) }
    }

    private var shifts: [Shift]

    public init(for decoder: MusicGenDecoder) {
        let names = ["layer_norm.weight", "layer_norm.bias"]
        shifts = decoder.namedParameters().filter { parameter in names.contains(where: parameter.0.hasSuffix) }
            .map { Shift(target: $0.0, value: .zeros($0.1.shape)) }
    }

    /// What is added to the decoder's parameters of these names.
    var changes: [String: Tensor] { Dictionary(uniqueKeysWithValues: shifts.map { ($0.target, $0.value) }) }

    public mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws { try visitor.visit("shifts", &shifts) }
}
