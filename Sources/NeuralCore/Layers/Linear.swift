/// An affine map of the last axis: `[…, inputs]` to `[…, outputs]`.
///
/// `weight` is `[outputs, inputs]`, `bias` is `[outputs]`.
public struct Linear: Layer {
    public var weight: Tensor
    public var bias: Tensor?

    /// Weights and biases uniform in ±1/√inputs.
    public init(_ inputs: Int, _ outputs: Int, bias: Bool = true, using rng: inout Philox) {
        let limit = 1 / Float(inputs).squareRoot()
        weight = .uniform([outputs, inputs], in: -limit...limit, using: &rng)
        if bias { self.bias = .uniform([outputs], in: -limit...limit, using: &rng) }
    }

    public init(weight: Tensor, bias: Tensor?) {
        self.weight = weight
        self.bias = bias
    }

    public func callAsFunction(_ input: Tensor) -> Tensor { linear(input, weight: weight, bias: bias) }

    public mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("weight", &weight)
        try visitor.visit("bias", &bias)
    }
}

/// `input weightᵀ + bias` over the last axis; `weight` is `[outputs, inputs]`.
public func linear(_ input: Tensor, weight: Tensor, bias: Tensor? = nil) -> Tensor {
    let (outputs, inputs) = (weight.shape[0], weight.shape[1])
    precondition(input.shape.last == inputs, "the last axis must have \(inputs) features, not \(input.shape)")
    let rows = input.count / inputs
    var shape = input.shape
    shape[shape.count - 1] = outputs
    let value = Tensor(uninitialized: shape), out = value.freshPointer
    if let bias { fillRows(out, rows: rows, with: bias) }
    parallelProduct(
        m: rows, n: outputs, k: inputs, MatrixOperand(input.pointer, stride: inputs),
        MatrixOperand(weight.pointer, stride: inputs, transposed: true), beta: bias == nil ? 0 : 1, into: out,
        stride: outputs)
    let wanted = (input.requiresGradient, weight.requiresGradient)
    let operands = bias.map { [input, weight, $0] } ?? [input, weight]
    return Tensor.recorded(value, from: operands) {
        [input = input.detached, weight = weight.detached, hasBias = bias != nil] gradient in
        var result: [Tensor?] = [nil, nil]
        if wanted.0 {
            let dx = Tensor(uninitialized: input.shape)
            parallelProduct(
                m: rows, n: inputs, k: outputs, MatrixOperand(gradient.pointer, stride: outputs),
                MatrixOperand(weight.pointer, stride: inputs), into: dx.freshPointer, stride: inputs)
            result[0] = dx
        }
        if wanted.1 {
            let dw = Tensor(uninitialized: weight.shape)
            parallelProduct(
                m: outputs, n: inputs, k: rows, MatrixOperand(gradient.pointer, stride: outputs, transposed: true),
                MatrixOperand(input.pointer, stride: inputs), into: dw.freshPointer, stride: inputs)
            result[1] = dw
        }
        if hasBias { result.append(gradient.summed(to: [outputs])) }
        return result
    }
}

/// Writes `row` into each of `rows` rows.
func fillRows(_ target: UnsafeMutablePointer<Float>, rows: Int, with row: Tensor) {
    let target = SharedPointer(target), width = row.count
    parallelBlocks(rows, size: max(1, parallelBlockSize / width)) { range in
        for index in range { (target + index * width).update(from: row.pointer, count: width) }
    }
}
