import NeuralCore

/// One building block at the shape that one of our networks uses: forward, or forward and all gradients.
struct LayerWorkload: Workload {
    enum Layer: String {
        case product, gru, lstm, attention, groupNorm, layerNorm
    }

    var layer: Layer
    /// Of the input.
    var shape: [Int]
    /// Outputs of a product, units of a recurrence, heads of attention, groups of a norm.
    var size: Int
    /// Whether a recurrence runs in both directions.
    var isBidirectional = false
    var backward = false

    var name: String {
        let title = switch layer {
        case .product: "matrix product"
        case .gru: "GRU"
        case .lstm: "LSTM"
        case .attention: "attention"
        case .groupNorm: "group norm and SiLU"
        case .layerNorm: "layer norm"
        }
        let input = shape.map(String.init).joined(separator: "x")
        return "\(title) \(input)\(layer == .layerNorm ? "" : ", \(size)")\(backward ? " with gradients" : "")"
    }

    var settings: [String: any Sendable] {
        [
            "task": "layer", "layer": layer.rawValue, "shape": shape, "size": size, "bidirectional": isBidirectional,
            "backward": backward,
        ]
    }

    var operations: Double? {
        let count = Double(shape.reduce(1, *)), inputs = Double(shape.last!), size = Double(size)
        let forward: Double? = switch layer {
        case .product: 2 * count * size
        case .gru: 6 * count / inputs * size * (inputs + size) * (isBidirectional ? 2 : 1)
        case .lstm: 8 * count / inputs * size * (inputs + size) * (isBidirectional ? 2 : 1)
        case .attention: 4 * count * Double(shape[shape.count - 2])
        case .groupNorm, .layerNorm: nil
        }
        return forward.map { $0 * (backward ? 3 : 1) }
    }

    func prepare() -> () -> Void {
        var rng = Philox(seed: 1)
        let x = Tensor.gaussian(shape, using: &rng)
        switch layer {
        case .product: return step(Linear(shape.last!, size, using: &rng), x) { $0($1) }
        case .gru:
            return step(GRU(inputSize: shape.last!, hiddenSize: size, bidirectional: isBidirectional, using: &rng), x) { $0($1) }
        case .lstm:
            return step(LSTM(inputSize: shape.last!, hiddenSize: size, bidirectional: isBidirectional, using: &rng), x) { $0($1) }
        case .attention: return step(Nothing(), x) { scaledDotProductAttention(query: $1, key: $1, value: $1) }
        case .groupNorm: return step(GroupNorm(groups: size, channels: shape[1]), x) { silu($0($1)) }
        case .layerNorm: return step(LayerNorm(shape.last!), x) { $0($1) }
        }
    }

    private func step<L: NeuralCore.Layer>(_ layer: L, _ x: Tensor, _ apply: @escaping (L, Tensor) -> Tensor) -> () -> Void {
        guard backward else { return { _ = apply(layer, x) } }
        let model = WithInput(layer: layer, input: x)
        return { _ = valueAndGradient(of: model) { square(apply($0.layer, $0.input)).mean() } }
    }

    /// So that the input has a gradient too.
    private struct WithInput<L: NeuralCore.Layer>: NeuralCore.Layer {
        var layer: L
        var input: Tensor

        mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
            try layer.visitParameters(&visitor)
            try visitor.visit("input", &input)
        }
    }

    private struct Nothing: NeuralCore.Layer {
        mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {}
    }

    static let all: [LayerWorkload] = [false, true].flatMap { backward in
        [
            // The default enhancer, 4 s: its bands, its frames, its norm; the published extractor's LSTM; MusicGen small.
            LayerWorkload(layer: .product, shape: [8000, 48], size: 144, backward: backward),
            LayerWorkload(layer: .product, shape: [512, 1024], size: 4096, backward: backward),
            LayerWorkload(layer: .gru, shape: [250, 33, 48], size: 24, isBidirectional: true, backward: backward),
            LayerWorkload(layer: .gru, shape: [33, 250, 48], size: 48, backward: backward),
            LayerWorkload(layer: .lstm, shape: [97, 125, 64], size: 64, backward: backward),
            LayerWorkload(layer: .attention, shape: [16, 512, 64], size: 16, backward: backward),
            LayerWorkload(layer: .groupNorm, shape: [1, 128, 256, 256], size: 32, backward: backward),
            LayerWorkload(layer: .layerNorm, shape: [250, 33, 48], size: 0, backward: backward),
        ]
    }
}
