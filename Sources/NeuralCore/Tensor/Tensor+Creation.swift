extension Tensor {
    public static func full(_ shape: [Int], _ value: Float) -> Tensor {
        Tensor(shape: shape) { $0.update(repeating: value) }
    }

    public static func zeros(_ shape: [Int]) -> Tensor { full(shape, 0) }
    public static func ones(_ shape: [Int]) -> Tensor { full(shape, 1) }

    /// Independent draws of mean 0 and variance 1, in row-major order.
    public static func gaussian(_ shape: [Int], using rng: inout Philox) -> Tensor {
        Tensor(shape: shape) { rng.fillGaussian($0) }
    }

    /// Independent draws from `range`, in row-major order.
    public static func uniform(_ shape: [Int], in range: ClosedRange<Float>, using rng: inout Philox) -> Tensor {
        Tensor(shape: shape) { buffer in
            for index in buffer.indices {
                buffer[index] = range.lowerBound + (range.upperBound - range.lowerBound) * rng.nextUniform()
            }
        }
    }
}
