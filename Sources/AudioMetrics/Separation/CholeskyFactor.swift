import COpenBLAS
import NeuralCore

/// A symmetric positive definite matrix as `L Lᵀ`, by LAPACK, for the systems that have no faster way.
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
        var x = right, n = blasint(size), one: blasint = 1, info: blasint = 0
        ComputeThreads.prepareLibraries()
        dpotrs_("U", &n, &one, factor, &n, &x, &n, &info, 1)
        precondition(info == 0, "dpotrs refused argument \(-info)")
        return x
    }

    private static func factor(_ matrix: [Double], _ size: Int, _ load: Double) -> [Double]? {
        var factor = matrix, n = blasint(size), info: blasint = 0
        for row in 0..<size { factor[row * size + row] *= 1 + load }
        ComputeThreads.prepareLibraries()
        // Fortran reads the transpose: its upper triangle is the lower one here.
        dpotrf_("U", &n, &factor, &n, &info, 1)
        precondition(info >= 0, "dpotrf refused argument \(-info)")
        return info == 0 ? factor : nil
    }
}
