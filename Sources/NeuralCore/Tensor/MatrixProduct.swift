/// The matrix product over the last two axes; leading axes broadcast.
///
/// `a` is `[…, m, k]` (`[…, k, m]` when `transposeA`), `b` is `[…, k, n]` (`[…, n, k]` when `transposeB`), the result
/// `[…, m, n]`.
public func matmul(_ a: Tensor, _ b: Tensor, transposeA: Bool = false, transposeB: Bool = false) -> Tensor {
    let value = MatrixProduct(a, b, transposeA, transposeB).run()
    let wanted = (a.requiresGradient, b.requiresGradient)
    return Tensor.recorded(value, from: [a, b]) { [a = a.detached, b = b.detached] g in
        [
            wanted.0
                ? (transposeA ? matmul(b, g, transposeA: transposeB, transposeB: true)
                    : matmul(g, b, transposeB: !transposeB)).summed(to: a.shape)
                : nil,
            wanted.1 ? gradientOfSecond(a, b, g, transposeA, transposeB) : nil,
        ]
    }
}

/// A plain matrix used by every item of a batch gets one long product instead of a batch of products and a sum.
private func gradientOfSecond(_ a: Tensor, _ b: Tensor, _ g: Tensor, _ transposeA: Bool, _ transposeB: Bool) -> Tensor {
    if b.rank == 2, a.rank > 2, !transposeA {
        let a = a.reshaped([-1, a.shape[a.rank - 1]]), g = g.reshaped([-1, g.shape[g.rank - 1]])
        return transposeB ? matmul(g, a, transposeA: true) : matmul(a, g, transposeA: true)
    }
    let product = transposeB
        ? matmul(g, a, transposeA: true, transposeB: transposeA) : matmul(a, g, transposeA: !transposeA)
    return product.summed(to: b.shape)
}

private struct MatrixProduct {
    let a: Tensor, b: Tensor
    let transposeA: Bool, transposeB: Bool
    let m: Int, n: Int, k: Int
    let batch: [Int]

    init(_ a: Tensor, _ b: Tensor, _ transposeA: Bool, _ transposeB: Bool) {
        precondition(a.rank >= 2 && b.rank >= 2, "a matrix product needs two axes each, not \(a.shape) and \(b.shape)")
        let (aRows, aColumns) = (a.shape[a.rank - 2], a.shape[a.rank - 1])
        let (bRows, bColumns) = (b.shape[b.rank - 2], b.shape[b.rank - 1])
        (m, k) = transposeA ? (aColumns, aRows) : (aRows, aColumns)
        n = transposeB ? bRows : bColumns
        precondition(k == (transposeB ? bColumns : bRows), "the matrices \(a.shape) and \(b.shape) do not fit")
        batch = Array(a.shape.dropLast(2)).broadcast(with: Array(b.shape.dropLast(2)))
        (self.a, self.b, self.transposeA, self.transposeB) = (a.detached, b.detached, transposeA, transposeB)
    }

    func run() -> Tensor {
        let result = Tensor(uninitialized: batch + [m, n])
        let aStride = a.shape[a.rank - 1], bStride = b.shape[b.rank - 1]
        if b.rank == 2, !transposeA {
            parallelProduct(
                m: batch.elementCount * m, n: n, k: k, MatrixOperand(a.pointer, stride: aStride),
                MatrixOperand(b.pointer, stride: bStride, transposed: transposeB), into: result.freshPointer, stride: n)
            return result
        }
        let count = batch.elementCount
        let aOffsets = a.matrixOffsets(broadcastTo: batch), bOffsets = b.matrixOffsets(broadcastTo: batch)
        let out = SharedPointer(result.freshPointer)
        let product: @Sendable (Int, Bool) -> Void = { item, parallel in
            let left = MatrixOperand(a.pointer + aOffsets[item], stride: aStride, transposed: transposeA)
            let right = MatrixOperand(b.pointer + bOffsets[item], stride: bStride, transposed: transposeB)
            (parallel ? parallelProduct : serialProduct)(m, n, k, left, right, 0, out + item * m * n, n)
        }
        if count == 1 {
            product(0, true)
        } else {
            parallelBlocks(count, size: max(1, (1 << 18) / max(1, m * n * k))) { for item in $0 { product(item, false) } }
        }
        return result
    }
}

extension Tensor {
    /// Where the matrix in the last two axes starts for each item of a batch that the leading axes broadcast to.
    func matrixOffsets(broadcastTo batch: [Int]) -> [Int] {
        let strides = Array(shape.dropLast(2)).strides(broadcastTo: batch), matrix = shape.suffix(2).reduce(1, *)
        var result = [0]
        for (size, stride) in zip(batch, strides) {
            result = result.flatMap { start in (0..<size).map { start + $0 * stride * matrix } }
        }
        return result
    }
}
