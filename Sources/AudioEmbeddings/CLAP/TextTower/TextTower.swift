import NeuralCore

/// The text tower of CLAP: RoBERTa, whose first token stands for the whole text.
///
/// Y. Liu et al., "RoBERTa: a robustly optimized BERT pretraining approach", 2019.
struct TextTower: Layer {
    var tokens: Embedding, positions: Embedding, types: Embedding
    var norm: LayerNorm
    var layers: [TextLayer]
    var pooler: Linear
    private let configuration: CLAPConfiguration.Text

    init(_ configuration: CLAPConfiguration.Text) {
        self.configuration = configuration
        func table(_ entries: Int) -> Embedding {
            var rng = Philox(seed: 0)
            var table = Embedding(entries: 1, features: configuration.width, using: &rng)
            table.weight = .zeros([entries, configuration.width])
            return table
        }
        tokens = table(configuration.vocabulary)
        positions = table(configuration.positions)
        types = table(configuration.types)
        norm = LayerNorm(configuration.width, epsilon: configuration.epsilon)
        layers = (0..<configuration.layers).map { _ in TextLayer(configuration) }
        pooler = Linear(weight: .zeros([configuration.width, configuration.width]), bias: .zeros([configuration.width]))
    }

    /// The last layer's states of one text without padding, `[ids.count, width]`.
    func hidden(_ ids: [Int]) -> Tensor {
        // Positions count from behind the padding's id.
        let places = ids.indices.map { $0 + configuration.padding + 1 }
        let embedded = tokens(ids) + positions(places) + types([Int](repeating: 0, count: ids.count))
        return layers.reduce(norm(embedded)) { $1($0) }
    }

    /// `[width]`
    func callAsFunction(_ ids: [Int]) -> Tensor {
        let first = hidden(ids).sliced(axis: 0, 0..<1)
        return tanh(pooler(first)).reshaped([configuration.width])
    }

    mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("embeddings.word_embeddings", &tokens)
        try visitor.visit("embeddings.position_embeddings", &positions)
        try visitor.visit("embeddings.token_type_embeddings", &types)
        try visitor.visit("embeddings.LayerNorm", &norm)
        try visitor.visit("encoder.layer", &layers)
        try visitor.visit("pooler.dense", &pooler)
    }
}

/// Self-attention and two dense layers, each normalised behind its shortcut.
struct TextLayer: Layer {
    var query: Linear, key: Linear, value: Linear, output: Linear
    var attentionNorm: LayerNorm
    var expansion: Linear, contraction: Linear
    var denseNorm: LayerNorm
    private let heads: Int

    init(_ configuration: CLAPConfiguration.Text) {
        func linear(_ inputs: Int, _ outputs: Int) -> Linear { Linear(weight: .zeros([outputs, inputs]), bias: .zeros([outputs])) }
        let width = configuration.width
        (query, key, value, output) = (
            linear(width, width), linear(width, width), linear(width, width), linear(width, width))
        (expansion, contraction) = (linear(width, configuration.hidden), linear(configuration.hidden, width))
        attentionNorm = LayerNorm(width, epsilon: configuration.epsilon)
        denseNorm = LayerNorm(width, epsilon: configuration.epsilon)
        heads = configuration.heads
    }

    /// `[tokens, width]`
    func callAsFunction(_ input: Tensor) -> Tensor {
        let (count, width) = (input.shape[0], input.shape[1])
        func split(_ tensor: Tensor) -> Tensor { tensor.reshaped([count, heads, width / heads]).transposed([1, 0, 2]) }
        let attended = scaledDotProductAttention(
            query: split(query(input)), key: split(key(input)), value: split(value(input)))
        let middle = attentionNorm(input + output(attended.transposed([1, 0, 2]).reshaped([count, width])))
        return denseNorm(middle + contraction(gelu(expansion(middle))))
    }

    mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("attention.self.query", &query)
        try visitor.visit("attention.self.key", &key)
        try visitor.visit("attention.self.value", &value)
        try visitor.visit("attention.output.dense", &output)
        try visitor.visit("attention.output.LayerNorm", &attentionNorm)
        try visitor.visit("intermediate.dense", &expansion)
        try visitor.visit("output.dense", &contraction)
        try visitor.visit("output.LayerNorm", &denseNorm)
    }
}
