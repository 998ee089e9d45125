import NeuralCore

/// A text as a decoder attends to it: each layer's keys and values of it, which no step changes.
public final class TextCondition: @unchecked Sendable {
    /// Word pieces.
    public let length: Int
    /// The tempo that the text names, in beats a minute.
    let tempo: Double?
    let cache: KeyValueCache

    public init(_ text: TextStates, for weights: DecoderWeights) {
        let states = text.states, configuration = weights.configuration, width = configuration.width
        let headWidth = paneled(configuration.headWidth), inner = configuration.heads * headWidth
        (length, tempo) = (states.shape[0], text.tempo)
        cache = KeyValueCache(
            layers: configuration.layers, sequences: 1, heads: configuration.heads, headWidth: headWidth,
            capacity: length, isHalf: weights.precision != .float32)
        let rows = RowBuffer(rows: length, width: width)
        states.withUnsafeBuffer { source in
            for row in 0..<length { rows.row(row).update(from: source.baseAddress! + row * width, count: width) }
        }
        let products = AlignedMemory(bytes: 4 * length * 2 * inner), target = products.floats(length * 2 * inner)
        for (index, layer) in weights.layers.enumerated() {
            layer.crossKeysValues.multiply(rows, count: length, into: target, stride: 2 * inner)
            for row in 0..<length {
                let keys = target + row * 2 * inner
                cache.store(keys: keys, values: keys + inner, layer: index, sequence: 0, position: row)
            }
        }
    }
}
