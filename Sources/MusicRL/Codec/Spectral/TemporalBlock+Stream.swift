import NeuralCore

extension TemporalBlock {
    /// The same piece by piece.
    var stream: any TimeStream {
        ResidualStream(
            block: StreamSequence(streams: [
                ConvolutionStream(
                    weight: neighbourhood.weight, bias: neighbourhood.bias, groups: neighbourhood.groups,
                    left: neighbourhood.padding.before, right: neighbourhood.padding.after, edges: .constant),
                ColumnMap(outputs: scale.count) { [self] in columns($0) },
            ]), shortcut: nil)
    }
}
