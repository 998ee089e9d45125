import COpenBLAS

/// A matrix for a product: `rows` and `columns` are those after the optional transposition.
struct MatrixOperand: @unchecked Sendable {
    let pointer: UnsafePointer<Float>
    /// Elements between the starts of neighbouring stored rows.
    let stride: Int
    let isTransposed: Bool

    init(_ pointer: UnsafePointer<Float>, stride: Int, transposed: Bool = false) {
        self.pointer = pointer
        self.stride = stride
        isTransposed = transposed
    }

    /// The operand from a row or column of the product on.
    func advanced(row: Int, column: Int = 0) -> MatrixOperand {
        let offset = isTransposed ? column * stride + row : row * stride + column
        return MatrixOperand(pointer + offset, stride: stride, transposed: isTransposed)
    }
}

/// `c = a b + beta c` on one thread; `a` is `[m, k]`, `b` `[k, n]`, `c` `[m, n]` with `cStride` elements a row.
func serialProduct(
    m: Int, n: Int, k: Int, _ a: MatrixOperand, _ b: MatrixOperand, beta: Float = 0,
    into c: UnsafeMutablePointer<Float>, stride cStride: Int
) {
    scaledProduct(by: 1, m: m, n: n, k: k, a, b, beta: beta, into: c, stride: cStride)
}

/// `c = factor a b + beta c` on one thread.
func scaledProduct(
    by factor: Float, m: Int, n: Int, k: Int, _ a: MatrixOperand, _ b: MatrixOperand, beta: Float = 0,
    into c: UnsafeMutablePointer<Float>, stride cStride: Int
) {
    guard m > 0, n > 0 else { return }
    guard k > 0 else {
        if beta == 0 { for row in 0..<m { (c + row * cStride).update(repeating: 0, count: n) } }
        return
    }
    ComputeThreads.prepareLibraries()
    cblas_sgemm(
        CblasRowMajor, a.isTransposed ? CblasTrans : CblasNoTrans, b.isTransposed ? CblasTrans : CblasNoTrans,
        blasint(m), blasint(n), blasint(k), factor, a.pointer, blasint(a.stride), b.pointer, blasint(b.stride), beta, c,
        blasint(cStride))
}

/// The same on several threads. The partition follows from `m`, `n` and `k` alone: rows when there are many, else
/// columns, else slices of `k` whose partial products are added in order.
func parallelProduct(
    m: Int, n: Int, k: Int, _ a: MatrixOperand, _ b: MatrixOperand, beta: Float = 0,
    into c: UnsafeMutablePointer<Float>, stride cStride: Int
) {
    let work = m * n * k, c = SharedPointer(c)
    guard work > 1 << 18 else {
        return serialProduct(m: m, n: n, k: k, a, b, beta: beta, into: c.pointer, stride: cStride)
    }
    if k >= 8 * max(m, n), k >= 1024 {
        slicedProduct(m: m, n: n, k: k, a, b, beta: beta, into: c, stride: cStride)
    } else if m >= n {
        parallelBlocks(m, size: blockLength(m, work: n * k)) { rows in
            serialProduct(
                m: rows.count, n: n, k: k, a.advanced(row: rows.lowerBound), b, beta: beta,
                into: c + rows.lowerBound * cStride, stride: cStride)
        }
    } else {
        parallelBlocks(n, size: blockLength(n, work: m * k)) { columns in
            serialProduct(
                m: m, n: columns.count, k: k, a, b.advanced(row: 0, column: columns.lowerBound), beta: beta,
                into: c + columns.lowerBound, stride: cStride)
        }
    }
}

/// A multiple of 16 that gives each block some millions of multiplications and the whole at most 32 blocks.
private func blockLength(_ length: Int, work: Int) -> Int {
    let wanted = max((length + 31) / 32, (1 << 21) / max(1, work))
    return (max(wanted, 16) + 15) / 16 * 16
}

private func slicedProduct(
    m: Int, n: Int, k: Int, _ a: MatrixOperand, _ b: MatrixOperand, beta: Float, into c: SharedPointer,
    stride cStride: Int
) {
    let slice = max(512, (k + 15) / 16), slices = (k + slice - 1) / slice
    let partial = Tensor(uninitialized: [slices, m, n]), p = SharedPointer(partial.freshPointer)
    parallelFor(slices) { index in
        let start = index * slice
        serialProduct(
            m: m, n: n, k: min(slice, k - start), a.advanced(row: 0, column: start), b.advanced(row: start),
            into: p + index * m * n, stride: n)
    }
    for row in 0..<m {
        let target = c + row * cStride
        if beta == 0 { target.update(repeating: 0, count: n) }
        for index in 0..<slices {
            let source = partial.pointer + (index * m + row) * n
            for column in 0..<n { target[column] += source[column] }
        }
    }
}
