import CKernels

/// Dense and grouped convolutions by oneDNN, part by part.
enum LibraryConvolution {
    static func forward(_ shape: ConvolutionShape, input: Tensor, weight: Tensor, bias: Tensor?, into result: Tensor) {
        let partition = ConvolutionPartition(shape, .forward, hasBias: bias != nil)
        let packed = PackedWeights(partition, weight)
        nonisolated(unsafe) let output = result.freshPointer
        run(partition) { index, part in
            ck_convolution_forward(
                part.plan.raw, input.pointer + part.inputOffset, packed.pointer(ofPart: index),
                bias.map { $0.pointer + part.biasOffset }, output + part.outputOffset)
        }
    }

    /// Writes the gradient of the input, or the result of a transposed convolution.
    static func backwardData(_ shape: ConvolutionShape, gradient: Tensor, weight: Tensor, into result: Tensor) {
        let partition = ConvolutionPartition(shape, .backwardData, hasBias: false)
        let packed = PackedWeights(partition, weight)
        nonisolated(unsafe) let output = result.freshPointer
        if !partition.isComplete { output.update(repeating: 0, count: result.count) }
        run(partition) { index, part in
            ck_convolution_backward_data(
                part.plan.raw, gradient.pointer + part.outputOffset, packed.pointer(ofPart: index),
                output + part.inputOffset)
        }
    }

    /// Writes the gradients of the weights and, when wanted, of the bias.
    ///
    /// Parts are dealt to a fixed number of sums, which are added up in order.
    static func backwardWeights(
        _ shape: ConvolutionShape, input: Tensor, gradient: Tensor, into weightGradient: Tensor, bias: Tensor?
    ) {
        let partition = ConvolutionPartition(shape, .backwardWeights, hasBias: bias != nil)
        let sharesWeights = Set(partition.parts.map(\.weightOffset)).count < partition.parts.count
        guard sharesWeights else {
            // Every part has weights of its own.
            let (weights, biases) = (Accumulator(weightGradient), bias.map(Accumulator.init))
            run(partition) { _, part in weigh(part, input, gradient, weights, biases) }
            return
        }
        let groups = partition.parts.count.partitioned(into: maximumSums)
        let sums = groups.indices.map { $0 == 0 ? weightGradient : Tensor(uninitialized: weightGradient.shape) }
        let biasSums = bias.map { bias in groups.indices.map { $0 == 0 ? bias : Tensor(uninitialized: bias.shape) } }
        parallelFor(groups.count) { group in
            let (weights, biases) = (Accumulator(sums[group]), biasSums.map { Accumulator($0[group]) })
            for part in groups[group].map({ partition.parts[$0] }) {
                check(weigh(part, input, gradient, weights, biases))
            }
        }
        Tensor.addInOrder(sums)
        if let biasSums { Tensor.addInOrder(biasSums) }
    }

    private static let maximumSums = 4

    /// A tensor that starts at zero and is added to.
    private struct Accumulator: Sendable {
        nonisolated(unsafe) let pointer: UnsafeMutablePointer<Float>

        init(_ tensor: Tensor) {
            pointer = tensor.freshPointer
            pointer.update(repeating: 0, count: tensor.count)
        }
    }

    private static func weigh(
        _ part: ConvolutionPart, _ input: Tensor, _ gradient: Tensor, _ weights: Accumulator, _ bias: Accumulator?
    ) -> Int32 {
        ck_convolution_backward_weights(
            part.plan.raw, input.pointer + part.inputOffset, gradient.pointer + part.outputOffset,
            weights.pointer + part.weightOffset, bias.map { $0.pointer + part.biasOffset })
    }

    private static func run(_ partition: ConvolutionPartition, _ body: @Sendable (Int, ConvolutionPart) -> Int32) {
        parallelFor(partition.parts.count) { index in check(body(index, partition.parts[index])) }
    }

    private static func check(_ status: Int32) {
        precondition(status == 0, "oneDNN could not run a convolution (status \(status))")
    }
}

/// The weights in the order of each plan that a partition uses.
private struct PackedWeights: Sendable {
    private struct Key: Hashable {
        let plan: ObjectIdentifier
        let offset: Int
    }

    private let tensors: [Tensor]
    private let tensorOfPart: [Int]

    init(_ partition: ConvolutionPartition, _ weight: Tensor) {
        var known: [Key: Int] = [:]
        var sources: [ConvolutionPart] = [], tensors: [Tensor] = []
        tensorOfPart = partition.parts.map { part in
            let key = Key(plan: ObjectIdentifier(part.plan), offset: part.weightOffset)
            if let index = known[key] { return index }
            known[key] = sources.count
            sources.append(part)
            tensors.append(Tensor(uninitialized: [part.plan.packedCount]))
            return sources.count - 1
        }
        self.tensors = tensors
        parallelFor(sources.count) { [sources, tensors] index in
            let part = sources[index]
            let status = ck_convolution_pack(
                part.plan.raw, weight.pointer + part.weightOffset, tensors[index].freshPointer)
            precondition(status == 0, "oneDNN could not reorder weights (status \(status))")
        }
    }

    func pointer(ofPart index: Int) -> UnsafePointer<Float> { tensors[tensorOfPart[index]].pointer }
}
