extension Tensor {
    /// The elements whose index along `axis` lies in `range`.
    public func sliced(axis: Int, _ range: Range<Int>) -> Tensor {
        let axis = shape.resolved(axis: axis)
        precondition(
            range.lowerBound >= 0 && range.upperBound <= shape[axis], "\(range) is outside axis \(axis) of \(shape)")
        if range == 0..<shape[axis] { return self }
        let (outer, size, inner) = shape.split(at: axis)
        var shape = shape
        shape[axis] = range.count
        let value = Tensor(uninitialized: shape)
        copyRows(
            outer, length: range.count * inner, from: detached, at: range.lowerBound * inner, every: size * inner,
            to: value, at: 0, every: range.count * inner)
        return Tensor.recorded(value, [self]) { [.region(axis: axis, range: range, $0)] }
    }

    /// Cuts `axis` into pieces of the given sizes, which must add up to its length.
    public func split(axis: Int, sizes: [Int]) -> [Tensor] {
        let axis = shape.resolved(axis: axis)
        precondition(sizes.reduce(0, +) == shape[axis], "pieces of \(sizes) do not make axis \(axis) of \(shape)")
        var start = 0
        return sizes.map { size in
            defer { start += size }
            return sliced(axis: axis, start..<start + size)
        }
    }

    /// Joins tensors whose shapes differ at most along `axis`.
    public static func concatenated(_ parts: [Tensor], axis: Int) -> Tensor {
        precondition(!parts.isEmpty, "there is nothing to concatenate")
        let axis = parts[0].shape.resolved(axis: axis)
        var shape = parts[0].shape
        for part in parts.dropFirst() {
            var other = part.shape
            precondition(other.count == shape.count, "\(shape) and \(other) cannot be joined")
            other[axis] = shape[axis]
            precondition(other == shape, "\(shape) and \(part.shape) cannot be joined along axis \(axis)")
        }
        let sizes = parts.map { $0.shape[axis] }
        shape[axis] = sizes.reduce(0, +)
        let (outer, size, inner) = shape.split(at: axis)
        let value = Tensor(uninitialized: shape)
        var start = 0
        for (part, length) in zip(parts, sizes) {
            copyRows(
                outer, length: length * inner, from: part, at: 0, every: length * inner, to: value, at: start * inner,
                every: size * inner)
            start += length
        }
        return recorded(value, from: parts) { $0.split(axis: axis, sizes: sizes) }
    }

    /// Joins tensors of one shape along a new axis.
    public static func stacked(_ parts: [Tensor], axis: Int = 0) -> Tensor {
        concatenated(parts.map { $0.expanded(at: axis) }, axis: axis)
    }

    /// Adds `before` and `after` copies of `value` at the ends of each axis; one pair per axis.
    public func padded(_ widths: [(before: Int, after: Int)], value: Float = 0) -> Tensor {
        precondition(widths.count == rank, "\(widths.count) paddings for the shape \(shape)")
        precondition(widths.allSatisfy { $0.before >= 0 && $0.after >= 0 }, "a padding cannot be negative")
        var result = self
        for (axis, width) in widths.enumerated() where width != (0, 0) {
            result = result.padded(axis: axis, before: width.before, after: width.after, value: value)
        }
        return result
    }

    private func padded(axis: Int, before: Int, after: Int, value: Float) -> Tensor {
        let (outer, size, inner) = shape.split(at: axis), total = before + size + after
        var shape = shape
        shape[axis] = total
        let result = Tensor(uninitialized: shape), out = result.freshPointer
        for row in 0..<outer {
            let start = out + row * total * inner
            start.update(repeating: value, count: before * inner)
            (start + (before + size) * inner).update(repeating: value, count: after * inner)
        }
        copyRows(
            outer, length: size * inner, from: detached, at: 0, every: size * inner, to: result, at: before * inner,
            every: total * inner)
        return Tensor.recorded(result, from: [self]) { [$0.sliced(axis: axis, before..<before + size)] }
    }

    /// The slices of `axis` at `indices`, in their order; an index may occur more than once.
    public func gathered(axis: Int, indices: [Int]) -> Tensor {
        let axis = shape.resolved(axis: axis)
        let (outer, size, inner) = shape.split(at: axis)
        precondition(indices.allSatisfy { (0..<size).contains($0) }, "an index is outside axis \(axis) of \(shape)")
        var shape = shape
        shape[axis] = indices.count
        let value = Tensor(uninitialized: shape), out = value.freshPointer
        for row in 0..<outer {
            for (place, index) in indices.enumerated() {
                (out + (row * indices.count + place) * inner)
                    .update(from: pointer + (row * size + index) * inner, count: inner)
            }
        }
        return Tensor.recorded(value, from: [self]) { [own = self.shape] gradient in
            var result = Tensor.zeros(own)
            result.withUnsafeMutableBuffer { sum in
                for row in 0..<outer {
                    for (place, index) in indices.enumerated() {
                        let source = gradient.pointer + (row * indices.count + place) * inner
                        let target = (row * size + index) * inner
                        for k in 0..<inner { sum[target + k] += source[k] }
                    }
                }
            }
            return [result]
        }
    }
}

/// Copies `count` rows of `length` elements between two tensors; starts and distances are in elements.
private func copyRows(
    _ count: Int, length: Int, from source: Tensor, at start: Int, every stride: Int, to target: Tensor,
    at targetStart: Int, every targetStride: Int
) {
    let out = SharedPointer(target.freshPointer)
    parallelBlocks(count, size: max(1, parallelBlockSize / max(1, length))) { rows in
        for row in rows {
            (out + (targetStart + row * targetStride))
                .update(from: source.pointer + start + row * stride, count: length)
        }
    }
}
