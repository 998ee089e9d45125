/// Symmetric positive definite Toeplitz matrices, factored by the algorithm of Schur.
///
/// It costs the square of the size, as Levinson's recursion does, but unlike that is as stable as a Cholesky
/// factorisation (Bojanczyk, Brent, de Hoog and Sweet, "On the stability of the Bareiss and related Toeplitz
/// factorization algorithms", 1995): speech under a low pass makes matrices that need it.
struct ToeplitzSystem {
    private let size: Int
    /// Columns of the lower triangular factor one after another, each from its diagonal element down.
    private let factor: [Double]

    /// - Parameter column: The first column of the matrix.
    /// - Returns: Nil where the matrix is not positive definite in double precision.
    init?(firstColumn column: [Double]) {
        size = column.count
        guard let first = column.first, first > 0 else { return nil }
        // The two generators of the matrix minus its shifted self, u uᵀ - v vᵀ.
        var u = column.map { $0 / first.squareRoot() }, v = u
        v[0] = 0
        var factor = u
        factor.reserveCapacity(size * (size + 1) / 2)
        for step in 1..<max(1, size) {
            let shifted = size - step
            let reflection = v[step] / u[0]
            let remainder = (1 - reflection) * (1 + reflection)
            guard remainder > 0 else { return nil }
            let cosine = remainder.squareRoot()
            // `u` is kept shifted: u[i] belongs to row step + i.
            for index in 0..<shifted {
                let a = (u[index] - reflection * v[step + index]) / cosine
                v[step + index] = cosine * v[step + index] - reflection * a
                u[index] = a
            }
            factor.append(contentsOf: u[0..<shifted])
        }
        self.factor = factor
    }

    /// The vector that the matrix maps to `right`.
    func solve(_ right: [Double]) -> [Double] {
        precondition(right.count == size, "one value for each row")
        var x = right
        var start = 0
        for column in 0..<size {
            x[column] /= factor[start]
            let value = x[column]
            for row in 1..<max(1, size - column) { x[column + row] -= factor[start + row] * value }
            start += size - column
        }
        for column in (0..<size).reversed() {
            start -= size - column
            var sum = x[column]
            for row in 1..<max(1, size - column) { sum -= factor[start + row] * x[column + row] }
            x[column] = sum / factor[start]
        }
        return x
    }
}
