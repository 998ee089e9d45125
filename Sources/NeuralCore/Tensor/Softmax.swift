import CKernels

extension Tensor {
    /// e^x over its sum along `axis`.
    public func softmax(axis: Int = -1) -> Tensor { normalizedExponential(axis: axis, logarithm: false) }

    /// The logarithm of `softmax(axis:)`, without overflow.
    public func logSoftmax(axis: Int = -1) -> Tensor { normalizedExponential(axis: axis, logarithm: true) }

    private func normalizedExponential(axis: Int, logarithm: Bool) -> Tensor {
        let axis = shape.resolved(axis: axis)
        guard axis == rank - 1 else {
            var permutation = Array(shape.indices)
            permutation.swapAt(axis, rank - 1)
            return transposed(permutation).normalizedExponential(axis: -1, logarithm: logarithm).transposed(permutation)
        }
        let columns = shape[axis], rows = columns == 0 ? 0 : count / columns, flag: Int32 = logarithm ? 1 : 0
        let block = Swift.max(1, parallelBlockSize / Swift.max(1, columns))
        let input = detached, value = Tensor(uninitialized: shape), y = SharedPointer(value.freshPointer)
        parallelBlocks(rows, size: block) { range in
            let start = range.lowerBound * columns
            ck_softmax(input.pointer + start, y + start, range.count, columns, flag)
        }
        return Tensor.recorded(value, from: [self]) { gradient in
            let result = Tensor(uninitialized: value.shape), dx = SharedPointer(result.freshPointer)
            parallelBlocks(rows, size: block) { range in
                let start = range.lowerBound * columns
                ck_softmax_gradient(
                    gradient.pointer + start, value.pointer + start, dx + start, range.count, columns, flag)
            }
            return [result]
        }
    }
}
