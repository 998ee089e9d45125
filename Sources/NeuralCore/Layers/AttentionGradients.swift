import CKernels

extension AttentionPlan {
    /// The operands and the result of a recorded call.
    struct Trace: Sendable {
        let query: Tensor, key: Tensor, value: Tensor, result: Tensor
        let weights: Weights
    }

    /// The gradients that are wanted; `scores` is that of the mask. None is summed over broadcast axes yet.
    struct Gradients: Sendable {
        var query: Tensor?, key: Tensor?, value: Tensor?, scores: Tensor?
    }

    func gradients(
        _ g: Tensor, _ trace: Trace, wanted: (query: Bool, key: Bool, value: Bool, mask: Bool)
    ) -> Gradients {
        let blocks = blocks, parts = parts
        // Each part has sums of its own for keys and values, which are added in order.
        let sums = Gradients(
            query: wanted.query ? Tensor(uninitialized: batch + [positions, features]) : nil,
            key: wanted.key ? Tensor(uninitialized: [items, parts.count, sources, features]) : nil,
            value: wanted.value ? Tensor(uninitialized: [items, parts.count, sources, outputs]) : nil,
            scores: wanted.mask ? Tensor(uninitialized: batch + [positions, sources]) : nil)
        let longest = blocks.map(\.count).max() ?? 0
        parallelBlocks(items * parts.count, size: itemsTogether(longest)) { range in
            let scratch = Tensor(uninitialized: [longest * max(sources, outputs)])
            defer { withExtendedLifetime(scratch) {} }
            for index in range {
                let (item, part) = index.quotientAndRemainder(dividingBy: parts.count)
                for block in parts[part] {
                    add(
                        to: sums, part: index, item: item, rows: blocks[block], isFirst: block == parts[part].lowerBound, g, trace,
                        scratch)
                }
            }
        }
        func whole(_ tensor: Tensor?) -> Tensor? {
            tensor.map { (parts.count == 1 ? $0 : $0.sum(axes: [1])).reshaped(batch + $0.shape.suffix(2)) }
        }
        return Gradients(query: sums.query, key: whole(sums.key), value: whole(sums.value), scores: sums.scores)
    }

    /// The blocks of one item in as many parts as give threads enough to do.
    private var parts: [Range<Int>] {
        blocks.count.partitioned(into: min(blocks.count, max(1, 16 / max(1, items))))
    }

    /// What one block of positions adds.
    private func add(
        to sums: Gradients, part: Int, item: Int, rows: Range<Int>, isFirst: Bool, _ g: Tensor, _ trace: Trace, _ scratch: Tensor
    ) {
        let row = item * positions + rows.lowerBound, count = rows.count, beta: Float = isFirst ? 0 : 1
        let weights = trace.weights.exponentials.pointer + row * sources, factors = trace.weights.factors.pointer + row
        let above = g.pointer + row * outputs
        if let dv = sums.value {
            let scaled = scratch.freshPointer
            ck_scale_rows(above, factors, scaled, count, outputs)
            serialProduct(
                m: sources, n: outputs, k: count, MatrixOperand(weights, stride: sources, transposed: true),
                MatrixOperand(scaled, stride: outputs), beta: beta, into: dv.freshPointer + part * sources * outputs,
                stride: outputs)
        }
        guard sums.query != nil || sums.key != nil || sums.scores != nil else { return }
        let scores = sums.scores.map { $0.freshPointer + row * sources } ?? scratch.freshPointer
        serialProduct(
            m: count, n: sources, k: outputs, MatrixOperand(above, stride: outputs),
            MatrixOperand(trace.value.pointer + valueOffsets[item], stride: outputs, transposed: true), into: scores,
            stride: sources)
        ck_attention_gradient(
            weights, factors, trace.result.pointer + row * outputs, above, scores, count, sources, outputs)
        if let dq = sums.query {
            scaledProduct(
                by: scale, m: count, n: features, k: sources, MatrixOperand(scores, stride: sources),
                MatrixOperand(trace.key.pointer + keyOffsets[item], stride: features), into: dq.freshPointer + row * features,
                stride: features)
        }
        if let dk = sums.key {
            let query = trace.query.pointer + queryOffsets[item] + rows.lowerBound * features
            scaledProduct(
                by: scale, m: sources, n: features, k: count, MatrixOperand(scores, stride: sources, transposed: true),
                MatrixOperand(query, stride: features), beta: beta, into: dk.freshPointer + part * sources * features,
                stride: features)
        }
    }
}
