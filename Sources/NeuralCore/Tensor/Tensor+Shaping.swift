import CKernels

extension Tensor {
    /// The same elements under another shape; one axis may be -1 and follows from the rest.
    public func reshaped(_ shape: [Int]) -> Tensor {
        let shape = inferred(shape)
        if shape == self.shape { return self }
        return Tensor.recorded(Tensor(storage: storage, shape: shape), from: [self]) { [own = self.shape] gradient in
            [Tensor(storage: gradient.storage, shape: own)]
        }
    }

    private func inferred(_ wanted: [Int]) -> [Int] {
        var result = wanted
        if let free = wanted.firstIndex(of: -1) {
            result[free] = 1
            let known = result.elementCount
            precondition(known > 0 && count % known == 0, "\(shape) cannot be reshaped to \(wanted)")
            result[free] = count / known
        }
        precondition(result.elementCount == count, "\(shape) cannot be reshaped to \(wanted)")
        return result
    }

    /// Axis `i` of the result is axis `permutation[i]` of this tensor.
    public func transposed(_ permutation: [Int]) -> Tensor {
        let axes = permutation.map(shape.resolved(axis:))
        precondition(axes.sorted() == Array(shape.indices), "\(permutation) does not order the axes of \(shape)")
        if axes == Array(shape.indices) { return self }
        let strides = shape.strides
        let value = gatheredByStrides(axes.map { shape[$0] }, axes.map { strides[$0] })
        return Tensor.recorded(value, from: [self]) { gradient in
            var inverse = axes
            for (index, axis) in axes.enumerated() { inverse[axis] = index }
            return [gradient.transposed(inverse)]
        }
    }

    /// A new axis of length one before `axis`; -1 is behind the last.
    public func expanded(at axis: Int) -> Tensor {
        let position = axis < 0 ? axis + rank + 1 : axis
        precondition((0...rank).contains(position), "there is no place \(axis) for a new axis in \(shape)")
        var shape = shape
        shape.insert(1, at: position)
        return reshaped(shape)
    }

    /// Without an axis of length one.
    public func squeezed(at axis: Int) -> Tensor {
        let axis = shape.resolved(axis: axis)
        precondition(shape[axis] == 1, "axis \(axis) of \(shape) has more than one element")
        var shape = shape
        shape.remove(at: axis)
        return reshaped(shape)
    }

    /// Repeats axes of length one, and adds axes in front, until the shape is `shape`.
    public func broadcast(to shape: [Int]) -> Tensor {
        if shape == self.shape { return self }
        let value = gatheredByStrides(shape, self.shape.strides(broadcastTo: shape))
        return Tensor.recorded(value, from: [self]) { [own = self.shape] gradient in [gradient.summed(to: own)] }
    }

    /// Copies elements at the given strides into a tensor of `shape`. Unrecorded.
    private func gatheredByStrides(_ shape: [Int], _ strides: [Int]) -> Tensor {
        let loop = StridedLoop(shape: shape, operands: [strides])
        let result = Tensor(uninitialized: shape), out = SharedPointer(result.freshPointer)
        let source = detached
        loop.run { row, count, offsets in
            ck_gather_2d(
                source.pointer + offsets[0], out + row * loop.columns, count, loop.columns, loop.rowStride(0),
                loop.columnStride(0))
        }
        return result
    }
}
