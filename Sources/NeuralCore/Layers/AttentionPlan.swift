import CKernels

/// Attention in blocks of positions: the scores of a block over all sources stay in the caches between its two products.
///
/// Softmax divides the results, not the weights: those are kept as they are, with one factor for each position.
struct AttentionPlan: Sendable {
    let batch: [Int]
    let positions: Int, sources: Int, features: Int, outputs: Int
    let scale: Float
    /// Where each item of the batch starts in the operands.
    let queryOffsets: [Int], keyOffsets: [Int], valueOffsets: [Int]
    private let maskOffsets: [Int]
    private let maskStride: Int

    init(query: Tensor, key: Tensor, value: Tensor, mask: Tensor?, scale: Float?) {
        precondition(query.rank >= 2 && key.rank >= 2 && value.rank >= 2, "attention takes matrices")
        let (positions, features) = (query.shape[query.rank - 2], query.shape[query.rank - 1])
        let (sources, outputs) = (key.shape[key.rank - 2], value.shape[value.rank - 1])
        (self.positions, self.features, self.sources, self.outputs) = (positions, features, sources, outputs)
        precondition(
            key.shape[key.rank - 1] == features && value.shape[value.rank - 2] == sources,
            "keys \(key.shape) and values \(value.shape) for queries \(query.shape)")
        self.scale = scale ?? 1 / Float(features).squareRoot()
        batch = [query, key, value, mask].compactMap { $0 }.map { Array($0.shape.dropLast(2)) }
            .reduce([]) { $0.broadcast(with: $1) }
        queryOffsets = query.matrixOffsets(broadcastTo: batch)
        keyOffsets = key.matrixOffsets(broadcastTo: batch)
        valueOffsets = value.matrixOffsets(broadcastTo: batch)
        maskOffsets = mask?.matrixOffsets(broadcastTo: batch) ?? []
        maskStride = mask.map { Array($0.shape.suffix(2)).strides(broadcastTo: [positions, sources])[0] } ?? 0
    }

    var items: Int { batch.elementCount }

    /// Neighbouring positions whose scores are worked on together.
    var blocks: [Range<Int>] {
        let longest = max(32, min(128, (1 << 16) / max(1, sources)))
        return positions.partitioned(into: positions.ceilDivided(by: longest))
    }

    /// e^(score − largest), `[…, positions, sources]`, and one over their sum, `[…, positions]`.
    struct Weights: Sendable {
        let exponentials: Tensor
        let factors: Tensor
    }

    /// The result, and what gradients need.
    func forward(_ q: Tensor, _ k: Tensor, _ v: Tensor, _ mask: Tensor?, keepsWeights: Bool) -> (Tensor, Weights?) {
        let result = Tensor(uninitialized: batch + [positions, outputs]), y = SharedPointer(result.freshPointer)
        let kept = keepsWeights
            ? Weights(
                exponentials: Tensor(uninitialized: batch + [positions, sources]),
                factors: Tensor(uninitialized: batch + [positions]))
            : nil
        let blocks = blocks, longest = blocks.map(\.count).max() ?? 0
        parallelBlocks(items * blocks.count, size: itemsTogether(longest)) { range in
            let scratch = Tensor(uninitialized: [kept == nil ? longest * (sources + 1) : 0])
            defer { withExtendedLifetime(scratch) {} }
            for index in range {
                let (item, block) = index.quotientAndRemainder(dividingBy: blocks.count), rows = blocks[block]
                let row = item * positions + rows.lowerBound, own = y + row * outputs
                let scores = kept.map { $0.exponentials.freshPointer + row * sources } ?? scratch.freshPointer
                let factors = kept.map { $0.factors.freshPointer + row } ?? scratch.freshPointer + longest * sources
                scaledProduct(
                    by: scale, m: rows.count, n: sources, k: features,
                    MatrixOperand(q.pointer + queryOffsets[item] + rows.lowerBound * features, stride: features),
                    MatrixOperand(k.pointer + keyOffsets[item], stride: features, transposed: true), into: scores, stride: sources)
                ck_attention_weights(
                    scores, rows.count, sources, mask.map { $0.pointer + maskOffsets[item] + rows.lowerBound * maskStride },
                    maskStride, factors)
                serialProduct(
                    m: rows.count, n: outputs, k: sources, MatrixOperand(scores, stride: sources),
                    MatrixOperand(v.pointer + valueOffsets[item], stride: outputs), into: own, stride: outputs)
                ck_scale_rows(own, factors, own, rows.count, outputs)
            }
        }
        return (result, kept)
    }

    /// Blocks of few multiplications go to a thread together.
    func itemsTogether(_ rows: Int) -> Int {
        max(1, (1 << 18) / max(1, rows * sources * (features + outputs)))
    }
}
