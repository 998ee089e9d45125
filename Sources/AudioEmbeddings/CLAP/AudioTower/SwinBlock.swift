import NeuralCore

/// Attention within windows, which in every other block are shifted by half their side, and two dense layers; each part
/// after a normalisation and around a shortcut.
struct SwinBlock: Layer {
    var attentionNorm: LayerNorm, denseNorm: LayerNorm
    var attention: WindowAttention
    var expansion: Linear, contraction: Linear
    private let plan: WindowPlan

    init(width: Int, heads: Int, side: Int, isShifted: Bool, _ configuration: CLAPConfiguration.Audio) {
        plan = WindowPlan(side: side, window: configuration.window, isShifted: isShifted)
        attentionNorm = LayerNorm(width, epsilon: configuration.epsilon)
        denseNorm = LayerNorm(width, epsilon: configuration.epsilon)
        attention = WindowAttention(width: width, heads: heads, window: plan.window, hasBias: configuration.hasBias)
        let hidden = configuration.expansion * width
        expansion = Linear(weight: .zeros([hidden, width]), bias: .zeros([hidden]))
        contraction = Linear(weight: .zeros([width, hidden]), bias: .zeros([width]))
    }

    /// `[batch, side², width]`, row by row.
    func callAsFunction(_ input: Tensor) -> Tensor {
        let (batch, width) = (input.shape[0], input.shape[2]), area = plan.window * plan.window
        let windows = attentionNorm(input).gathered(axis: 1, indices: plan.order).reshaped([batch, -1, area, width])
        let attended = attention(windows, mask: plan.mask).reshaped(input.shape).gathered(axis: 1, indices: plan.places)
        let middle = input + attended
        return middle + contraction(gelu(expansion(denseNorm(middle))))
    }

    mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("layernorm_before", &attentionNorm)
        try visitor.visit("attention", &attention)
        try visitor.visit("layernorm_after", &denseNorm)
        try visitor.visit("intermediate.dense", &expansion)
        try visitor.visit("output.dense", &contraction)
    }
}

/// How the patches of a square image are dealt to windows.
struct WindowPlan: Sendable {
    let window: Int
    /// The patch at each place of each window.
    let order: [Int]
    /// Where each patch went.
    let places: [Int]
    /// Keeps patches apart that the shift brought together around the image's edge, `[windows, 1, area, area]`.
    let mask: Tensor?

    init(side: Int, window: Int, isShifted: Bool) {
        let window = min(side, window), shift = isShifted && side > window ? window / 2 : 0
        let count = side / window, area = window * window
        var order: [Int] = [], regions: [Int] = []
        /// Which part of the shifted image a row or column is in.
        func region(_ index: Int) -> Int { index < side - window ? 0 : index < side - shift ? 1 : 2 }
        for square in 0..<count * count {
            for place in 0..<area {
                let row = square / count * window + place / window, column = square % count * window + place % window
                order.append((row + shift) % side * side + (column + shift) % side)
                regions.append(3 * region(row) + region(column))
            }
        }
        var places = [Int](repeating: 0, count: order.count)
        for (place, patch) in order.enumerated() { places[patch] = place }
        (self.window, self.order, self.places) = (window, order, places)
        guard shift > 0 else { mask = nil; return }
        mask = Tensor(shape: [count * count, 1, area, area]) { buffer in
            for index in buffer.indices {
                let square = index / (area * area), from = index / area % area, to = index % area
                buffer[index] = regions[square * area + from] == regions[square * area + to] ? 0 : -100
            }
        }
    }
}
