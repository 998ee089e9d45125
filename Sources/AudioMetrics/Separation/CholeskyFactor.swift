/// A symmetric positive definite matrix as `L Lᵀ`, for the systems that have no faster way.
struct CholeskyFactor {
    private let size: Int
    /// `[rows, columns]`, the lower triangle counts.
    private let factor: [Double]

    /// - Parameter matrix: `[size, size]`, of which the lower triangle is read. As much is added to the diagonal as it
    ///   takes: nothing for recordings, some 1e-15 of it where one source is another one filtered.
    init(loading matrix: [Double], size: Int) {
        self.size = size
        var load = 0.0
        while true {
            if let factor = Self.factor(matrix, size, load) {
                self.factor = factor
                return
            }
            load = load == 0 ? 1e-15 : load * 4
        }
    }

    /// The vector that the matrix maps to `right`.
    func solve(_ right: [Double]) -> [Double] {
        precondition(right.count == size, "one value for each row")
        var x = right
        factor.withUnsafeBufferPointer { factor in
            for row in 0..<size {
                for column in 0..<row { x[row] -= factor[row * size + column] * x[column] }
                x[row] /= factor[row * size + row]
            }
            for row in (0..<size).reversed() {
                x[row] /= factor[row * size + row]
                for column in 0..<row { x[column] -= factor[row * size + column] * x[row] }
            }
        }
        return x
    }

    private static func factor(_ matrix: [Double], _ size: Int, _ load: Double) -> [Double]? {
        var factor = matrix
        let isPositive = factor.withUnsafeMutableBufferPointer { factor in
            for row in 0..<size {
                let own = factor.baseAddress! + row * size
                for column in 0..<row {
                    let other = factor.baseAddress! + column * size
                    own[column] = (own[column] - product(own, other, column)) / other[column]
                }
                let pivot = own[row] * (1 + load) - product(own, own, row)
                guard pivot > 0 else { return false }
                own[row] = pivot.squareRoot()
            }
            return true
        }
        return isPositive ? factor : nil
    }

    @inline(__always)
    private static func product(_ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, _ count: Int) -> Double {
        var sums = SIMD4<Double>.zero
        let whole = count & ~3
        for index in stride(from: 0, to: whole, by: 4) {
            sums += SIMD4(a[index], a[index + 1], a[index + 2], a[index + 3])
                * SIMD4(b[index], b[index + 1], b[index + 2], b[index + 3])
        }
        var sum = sums.sum()
        for index in whole..<count { sum += a[index] * b[index] }
        return sum
    }
}
