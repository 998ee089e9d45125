/// A small system of complex linear equations with a positive definite Hermitian matrix, solved in place by Cholesky
/// factors. Far too small for a library call to pay.
struct HermitianSystem {
    let size: Int
    /// The matrix, row after row; only its upper triangle is read. `solve` overwrites it.
    var real: [Double], imaginary: [Double]
    /// The right-hand side, and after `solve` the solution.
    var rightReal: [Double], rightImaginary: [Double]

    init(size: Int) {
        self.size = size
        real = [Double](repeating: 0, count: size * size)
        imaginary = real
        rightReal = [Double](repeating: 0, count: size)
        rightImaginary = rightReal
    }

    /// Lends the matrix and the right-hand side, each as real and imaginary parts.
    mutating func fill(
        _ body: (
            UnsafeMutablePointer<Double>, UnsafeMutablePointer<Double>, UnsafeMutablePointer<Double>, UnsafeMutablePointer<Double>
        ) -> Void
    ) {
        body(&real, &imaginary, &rightReal, &rightImaginary)
    }

    /// What is added to the diagonal, relative to its mean, against matrices that are singular but for rounding.
    private static let loading = 1e-10

    /// Returns whether the matrix is positive definite; otherwise the right-hand side is undefined.
    mutating func solve() -> Bool {
        let trace = (0..<size).reduce(0) { $0 + real[$1 * size + $1] }
        guard trace > 0, trace.isFinite else { return false }
        for row in 0..<size { real[row * size + row] += Self.loading * trace / Double(size) }
        guard factorize() else { return false }
        substitute()
        return true
    }

    /// Overwrites the upper triangle with U, the matrix being Uᴴ U.
    private mutating func factorize() -> Bool {
        for row in 0..<size {
            for column in row..<size {
                var (re, im) = (real[row * size + column], imaginary[row * size + column])
                for above in 0..<row {
                    let left = above * size + row, right = above * size + column
                    re -= real[left] * real[right] + imaginary[left] * imaginary[right]
                    im -= real[left] * imaginary[right] - imaginary[left] * real[right]
                }
                if column == row {
                    guard re > 0, re.isFinite else { return false }
                    (real[row * size + row], imaginary[row * size + row]) = (re.squareRoot(), 0)
                } else {
                    let pivot = real[row * size + row]
                    (real[row * size + column], imaginary[row * size + column]) = (re / pivot, im / pivot)
                }
            }
        }
        return true
    }

    /// Uᴴ z = b, then U x = z.
    private mutating func substitute() {
        for row in 0..<size {
            for above in 0..<row {
                let index = above * size + row
                rightReal[row] -= real[index] * rightReal[above] + imaginary[index] * rightImaginary[above]
                rightImaginary[row] -= real[index] * rightImaginary[above] - imaginary[index] * rightReal[above]
            }
            let pivot = real[row * size + row]
            rightReal[row] /= pivot
            rightImaginary[row] /= pivot
        }
        for row in (0..<size).reversed() {
            for below in row + 1..<size {
                let index = row * size + below
                rightReal[row] -= real[index] * rightReal[below] - imaginary[index] * rightImaginary[below]
                rightImaginary[row] -= real[index] * rightImaginary[below] + imaginary[index] * rightReal[below]
            }
            let pivot = real[row * size + row]
            rightReal[row] /= pivot
            rightImaginary[row] /= pivot
        }
    }
}
