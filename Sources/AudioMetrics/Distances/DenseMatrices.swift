import COpenBLAS
import NeuralCore

/// Row-major matrices in double precision, by LAPACK on one thread each.
enum DenseMatrices {
    /// The upper triangular (or, with few rows, trapezoidal) `R` with `Rᵀ R = Aᵀ A` of a matrix `[rows, columns]`.
    ///
    /// - Returns: `[min(rows, columns), columns]`. Tall matrices are reduced block by block, in parallel; the blocks
    ///   follow from the shape alone.
    static func triangularFactor(_ matrix: [Double], rows: Int, columns: Int) throws -> [Double] {
        let block = max(8 * columns, 1024)
        guard rows > 2 * block else { return try reduce(matrix, rows: rows, columns: columns) }
        let parts = parallelMap((rows + block - 1) / block) { index in
            let range = index * block..<min(rows, (index + 1) * block)
            let part = Array(matrix[range.lowerBound * columns..<range.upperBound * columns])
            return Result { try reduce(part, rows: range.count, columns: columns) }
        }
        let stacked = try parts.flatMap { try $0.get() }
        return try triangularFactor(stacked, rows: stacked.count / columns, columns: columns)
    }

    private static func reduce(_ matrix: [Double], rows: Int, columns: Int) throws -> [Double] {
        ComputeThreads.prepareLibraries()
        // Fortran reads the transpose: its A = L Q is R = Lᵀ of the matrix at hand.
        var matrix = matrix, m = blasint(columns), n = blasint(rows), info: blasint = 0
        var tau = [Double](repeating: 0, count: min(rows, columns))
        try withWorkspace("dgelqf") { work, length in
            dgelqf_(&m, &n, &matrix, &m, &tau, work, length, &info)
            return info
        }
        let rank = min(rows, columns)
        for row in 0..<rank {
            for column in 0..<min(row, columns) { matrix[row * columns + column] = 0 }
        }
        return Array(matrix[..<(rank * columns)])
    }

    /// `a bᵀ` of `[m, k]` and `[n, k]`, `[m, n]`.
    static func product(_ a: [Double], _ b: [Double], m: Int, n: Int, k: Int) -> [Double] {
        ComputeThreads.prepareLibraries()
        return [Double](unsafeUninitializedCapacity: m * n) { output, initialized in
            cblas_dgemm(
                CblasRowMajor, CblasNoTrans, CblasTrans, blasint(m), blasint(n), blasint(k), 1, a, blasint(k), b,
                blasint(k), 0, output.baseAddress, blasint(n))
            initialized = m * n
        }
    }

    /// The singular values, largest first.
    static func singularValues(_ matrix: [Double], rows: Int, columns: Int) throws -> [Double] {
        ComputeThreads.prepareLibraries()
        var matrix = matrix, m = blasint(columns), n = blasint(rows), one: blasint = 1, info: blasint = 0
        var values = [Double](repeating: 0, count: min(rows, columns))
        var integers = [blasint](repeating: 0, count: 8 * values.count)
        var none = 0.0, alsoNone = 0.0
        try withWorkspace("dgesdd") { work, length in
            dgesdd_("N", &m, &n, &matrix, &m, &values, &none, &one, &alsoNone, &one, work, length, &integers, &info, 1)
            return info
        }
        return values
    }

    /// The eigenvalues of a symmetric matrix `[size, size]`, smallest first.
    static func eigenvalues(_ matrix: [Double], size: Int) throws -> [Double] {
        try eigen(matrix, size: size, job: "N").values
    }

    /// Eigenvalues, smallest first, and eigenvectors, one a row.
    static func eigenvectors(_ matrix: [Double], size: Int) throws -> (values: [Double], vectors: [Double]) {
        try eigen(matrix, size: size, job: "V")
    }

    private static func eigen(
        _ matrix: [Double], size: Int, job: String
    ) throws -> (values: [Double], vectors: [Double]) {
        ComputeThreads.prepareLibraries()
        var matrix = matrix, n = blasint(size), info: blasint = 0
        var values = [Double](repeating: 0, count: size)
        var integers = [blasint](repeating: 0, count: 3 + 5 * size), integerCount = blasint(integers.count)
        try withWorkspace("dsyevd") { work, length in
            dsyevd_(job, "L", &n, &matrix, &n, &values, work, length, &integers, &integerCount, &info, 1, 1)
            return info
        }
        return (values, matrix)
    }

    /// Calls a routine twice: to ask how much scratch memory it wants, and with that.
    private static func withWorkspace(
        _ name: String, _ routine: (UnsafeMutablePointer<Double>, UnsafePointer<blasint>) -> blasint
    ) throws {
        var wanted = 0.0, query: blasint = -1
        precondition(routine(&wanted, &query) == 0, "\(name) refused its arguments")
        var work = [Double](repeating: 0, count: max(1, Int(wanted))), length = blasint(work.count)
        let status = routine(&work, &length)
        precondition(status >= 0, "\(name) refused argument \(-status)")
        guard status == 0 else { throw EmbeddingError.noConvergence(routine: name) }
    }
}
