import COpenBLAS

/// Independent affine maps of neighbouring slices of the last axis, as a band-split network needs them.
///
/// Block `k` reads the `inputs` features after those of block `k-1` and writes `outputs` features.
/// `input` is `[..., Σ inputs]`, the result `[..., Σ outputs]`. `weight` is flat: each block's
/// `[outputs, inputs]` matrix, row-major, one after the other; `bias` is `[Σ outputs]`.
public struct BlockDiagonalLinear: Layer {
    public struct Block: Sendable, Equatable {
        public var inputs: Int, outputs: Int

        public init(inputs: Int, outputs: Int) {
            self.inputs = inputs
            self.outputs = outputs
        }
    }

    public let blocks: [Block]
    public var weight: Tensor
    public var bias: Tensor

    /// Weights uniform in ±`scale`/√inputs, biases zero.
    public init(_ blocks: [Block], scale: Float = 1, using rng: inout Philox) {
        self.blocks = blocks
        weight = Tensor.concatenated(
            blocks.map { block in
                let limit = scale / Float(block.inputs).squareRoot()
                return Tensor.uniform([block.inputs * block.outputs], in: -limit...limit, using: &rng)
            }, axis: 0)
        bias = .zeros([blocks.reduce(0) { $0 + $1.outputs }])
    }

    public func callAsFunction(_ input: Tensor) -> Tensor {
        let plan = BlockDiagonalProduct(blocks: blocks)
        precondition(input.shape.last == plan.inputs, "the last axis must have \(plan.inputs) features")
        let (weight, bias) = (weight, bias)
        return Tensor.recorded(plan.forward(input, weight, bias), from: [input, weight, bias]) { gradient in
            [
                input.requiresGradient ? plan.inputGradient(gradient, weight, shape: input.shape) : nil,
                plan.weightGradient(gradient, input), plan.biasGradient(gradient),
            ]
        }
    }

    public mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("weight", &weight)
        try visitor.visit("bias", &bias)
    }
}

/// The products behind `BlockDiagonalLinear`: one GEMM a block, straight on the strided slices.
private struct BlockDiagonalProduct: Sendable {
    struct Slice: Sendable {
        var inputs: Int, outputs: Int, inputStart: Int, outputStart: Int, weightStart: Int
    }

    /// Rows of the input handled by one task; fixed, so that results do not depend on the thread count.
    static let rowChunk = 128

    let slices: [Slice]
    let inputs: Int, outputs: Int, weights: Int

    init(blocks: [BlockDiagonalLinear.Block]) {
        var slices: [Slice] = []
        var (inputs, outputs, weights) = (0, 0, 0)
        for block in blocks {
            slices.append(
                Slice(
                    inputs: block.inputs, outputs: block.outputs,
                    inputStart: inputs, outputStart: outputs, weightStart: weights))
            inputs += block.inputs
            outputs += block.outputs
            weights += block.inputs * block.outputs
        }
        (self.slices, self.inputs, self.outputs, self.weights) = (slices, inputs, outputs, weights)
    }

    func forward(_ input: Tensor, _ weight: Tensor, _ bias: Tensor) -> Tensor {
        let rows = input.count / inputs
        let result = Tensor(uninitialized: input.shape.dropLast() + [outputs])
        parallelBlocks(rows, size: Self.rowChunk) { chunk in
            for row in chunk { (result.freshPointer + row * outputs).update(from: bias.pointer, count: outputs) }
            for s in slices {
                cblas_sgemm(
                    CblasRowMajor, CblasNoTrans, CblasTrans, blasint(chunk.count), blasint(s.outputs), blasint(s.inputs),
                    1, input.pointer + chunk.lowerBound * inputs + s.inputStart, blasint(inputs),
                    weight.pointer + s.weightStart, blasint(s.inputs),
                    1, result.freshPointer + chunk.lowerBound * outputs + s.outputStart, blasint(outputs))
            }
        }
        return result
    }

    func inputGradient(_ gradient: Tensor, _ weight: Tensor, shape: [Int]) -> Tensor {
        let rows = gradient.count / outputs
        let result = Tensor(uninitialized: shape)
        parallelBlocks(rows, size: Self.rowChunk) { chunk in
            for s in slices {
                cblas_sgemm(
                    CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(chunk.count), blasint(s.inputs), blasint(s.outputs),
                    1, gradient.pointer + chunk.lowerBound * outputs + s.outputStart, blasint(outputs),
                    weight.pointer + s.weightStart, blasint(s.inputs),
                    0, result.freshPointer + chunk.lowerBound * inputs + s.inputStart, blasint(inputs))
            }
        }
        return result
    }

    func weightGradient(_ gradient: Tensor, _ input: Tensor) -> Tensor {
        let rows = gradient.count / outputs
        let result = Tensor(uninitialized: [weights])
        parallelFor(slices.count) { index in
            let s = slices[index]
            cblas_sgemm(
                CblasRowMajor, CblasTrans, CblasNoTrans, blasint(s.outputs), blasint(s.inputs), blasint(rows),
                1, gradient.pointer + s.outputStart, blasint(outputs), input.pointer + s.inputStart, blasint(inputs),
                0, result.freshPointer + s.weightStart, blasint(s.inputs))
        }
        return result
    }

    func biasGradient(_ gradient: Tensor) -> Tensor {
        let rows = gradient.count / outputs
        return gradient.reshaped([rows, outputs]).sum(axes: [0])
    }
}
