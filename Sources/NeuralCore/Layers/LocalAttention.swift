import CKernels

/// Attention of each position to the last `window` ones, itself included.
///
///     y[t] = Σ_j softmax_j(query[t] · key[t + j] scale) value[t + j]        j = 0 … window − 1
///
/// Keys and values begin `window − 1` positions before the queries, so that every position sees a full window; what lies
/// there, zeros or the end of an earlier call, is the caller's. Time and memory grow with positions · window, not with
/// the square of the positions.
///
/// - Parameters:
///   - query: `[sequences, positions, features]`
///   - key: `[sequences, window − 1 + positions, features]`
///   - value: `[sequences, window − 1 + positions, outputs]`
///   - scale: 1/√features when `nil`.
/// - Returns: `[sequences, positions, outputs]`
public func localAttention(query: Tensor, key: Tensor, value: Tensor, window: Int, scale: Float? = nil) -> Tensor {
    let plan = LocalAttentionPlan(query: query, key: key, value: value, window: window, scale: scale)
    let (q, k, v) = (query.detached, key.detached, value.detached)
    let (result, weights) = plan.forward(q, k, v)
    return Tensor.recorded(result, from: [query, key, value]) { plan.gradients($0, weights, q, k, v) }
}

private struct LocalAttentionPlan: Sendable {
    /// Positions that are handled by one matrix product with all keys that any of them sees.
    private static let block = 64

    let sequences: Int, positions: Int, features: Int, outputs: Int, window: Int
    let scale: Float

    init(query: Tensor, key: Tensor, value: Tensor, window: Int, scale: Float?) {
        precondition(query.rank == 3 && key.rank == 3 && value.rank == 3 && window > 0, "attention takes three axes")
        (sequences, positions, features) = (query.shape[0], query.shape[1], query.shape[2])
        (outputs, self.window) = (value.shape[2], window)
        let sources = positions + window - 1
        precondition(
            key.shape == [sequences, sources, features] && value.shape == [sequences, sources, outputs],
            "keys \(key.shape) and values \(value.shape) for queries \(query.shape) and a window of \(window)")
        self.scale = scale ?? 1 / Float(features).squareRoot()
    }

    private var sources: Int { positions + window - 1 }

    /// A stretch of queries and the keys that they see.
    private struct Stretch {
        let start: Int, count: Int, sources: Int
    }

    private var stretches: [Stretch] {
        stride(from: 0, to: positions, by: Self.block).map { start in
            let count = min(Self.block, positions - start)
            return Stretch(start: start, count: count, sources: count + window - 1)
        }
    }

    /// The result and the weights, `[sequences, positions, window]`.
    func forward(_ q: Tensor, _ k: Tensor, _ v: Tensor) -> (Tensor, Tensor) {
        let result = Tensor(uninitialized: [sequences, positions, outputs]), y = SharedPointer(result.freshPointer)
        let weights = Tensor(uninitialized: [sequences, positions, window]), p = SharedPointer(weights.freshPointer)
        let stretches = stretches
        parallelFor(sequences * stretches.count) { index in
            let sequence = index / stretches.count, stretch = stretches[index % stretches.count]
            let own = Pointers(self, sequence, stretch, q, k, v)
            let scratch = Tensor(uninitialized: [2, stretch.count, stretch.sources])
            let s = scratch.freshPointer, scores = s + scratch.count / 2
            serialProduct(
                m: stretch.count, n: stretch.sources, k: features, MatrixOperand(own.query, stride: features),
                MatrixOperand(own.key, stride: features, transposed: true), into: s, stride: stretch.sources)
            let band = p + (sequence * positions + stretch.start) * window
            for row in 0..<stretch.count {
                ck_unary(CK_AFFINE, s + row * (stretch.sources + 1), scores + row * window, window, scale, 0)
            }
            ck_softmax(scores, band, stretch.count, window, 0)
            spread(band, stretch, into: s)
            serialProduct(
                m: stretch.count, n: outputs, k: stretch.sources, MatrixOperand(s, stride: stretch.sources),
                MatrixOperand(own.value, stride: outputs), into: y + (sequence * positions + stretch.start) * outputs,
                stride: outputs)
        }
        return (result, weights)
    }

    func gradients(_ g: Tensor, _ weights: Tensor, _ q: Tensor, _ k: Tensor, _ v: Tensor) -> [Tensor?] {
        let dq = Tensor(uninitialized: q.shape), dk = Tensor.zeros(k.shape), dv = Tensor.zeros(v.shape)
        let (dqs, dks, dvs) = (SharedPointer(dq.freshPointer), SharedPointer(dk.freshPointer), SharedPointer(dv.freshPointer))
        let stretches = stretches
        // Neighbouring stretches add to the same keys: one sequence is one thread's.
        parallelFor(sequences) { sequence in
            let scratch = Tensor(uninitialized: [3, Self.block, Self.block + window - 1])
            let matrix = scratch.freshPointer, band = matrix + scratch.count / 3, other = band + scratch.count / 3
            for stretch in stretches {
                let own = Pointers(self, sequence, stretch, q, k, v)
                let row = sequence * positions + stretch.start, source = sequence * sources + stretch.start
                let p = weights.pointer + row * window
                let above = MatrixOperand(g.pointer + row * outputs, stride: outputs)
                spread(p, stretch, into: matrix)
                serialProduct(
                    m: stretch.sources, n: outputs, k: stretch.count,
                    MatrixOperand(matrix, stride: stretch.sources, transposed: true), above, beta: 1,
                    into: dvs + source * outputs, stride: outputs)
                serialProduct(
                    m: stretch.count, n: stretch.sources, k: outputs, above,
                    MatrixOperand(own.value, stride: outputs, transposed: true), into: matrix, stride: stretch.sources)
                for index in 0..<stretch.count {
                    (band + index * window).update(from: matrix + index * (stretch.sources + 1), count: window)
                }
                ck_softmax_gradient(band, p, other, stretch.count, window, 0)
                ck_unary(CK_AFFINE, other, band, stretch.count * window, scale, 0)
                spread(band, stretch, into: matrix)
                serialProduct(
                    m: stretch.count, n: features, k: stretch.sources, MatrixOperand(matrix, stride: stretch.sources),
                    MatrixOperand(own.key, stride: features), into: dqs + row * features, stride: features)
                serialProduct(
                    m: stretch.sources, n: features, k: stretch.count,
                    MatrixOperand(matrix, stride: stretch.sources, transposed: true),
                    MatrixOperand(own.query, stride: features), beta: 1, into: dks + source * features, stride: features)
            }
        }
        return [dq, dk, dv]
    }

    /// Writes rows of `window` on the band of a matrix that is zero elsewhere.
    private func spread(_ band: UnsafePointer<Float>, _ stretch: Stretch, into matrix: UnsafeMutablePointer<Float>) {
        matrix.update(repeating: 0, count: stretch.count * stretch.sources)
        for row in 0..<stretch.count {
            (matrix + row * (stretch.sources + 1)).update(from: band + row * window, count: window)
        }
    }

    private struct Pointers {
        let query: UnsafePointer<Float>, key: UnsafePointer<Float>, value: UnsafePointer<Float>

        init(_ plan: LocalAttentionPlan, _ sequence: Int, _ stretch: Stretch, _ q: Tensor, _ k: Tensor, _ v: Tensor) {
            query = q.pointer + (sequence * plan.positions + stretch.start) * plan.features
            key = k.pointer + (sequence * plan.sources + stretch.start) * plan.features
            value = v.pointer + (sequence * plan.sources + stretch.start) * plan.outputs
        }
    }
}
