extension Tensor {
    /// Overlapping stretches of an axis, each position's features side by side.
    ///
    /// `[…, length, …, features]` becomes `[…, frames, …, kernel · features]` with
    /// `y[…, t, …, k · features + c] = x[…, t · stride + k, …, c]`; positions behind the last whole stretch are left out.
    /// With one feature these are the frames of a signal.
    public func unfolded(axis: Int, kernel: Int, stride: Int = 1) -> Tensor {
        let plan = UnfoldPlan(shape, axis: axis, kernel: kernel, stride: stride)
        return Tensor.recorded(plan.unfold(detached), from: [self]) { [plan.fold($0)] }
    }

    /// The adjoint of `unfolded`: adds overlapping stretches into an axis of `length` positions.
    ///
    /// `[…, frames, …, kernel · features]` becomes `[…, length, …, features]`. With one feature this is overlap-add.
    /// - Parameter length: nil for the shortest that holds all stretches.
    public func folded(axis: Int, kernel: Int, stride: Int = 1, length: Int? = nil) -> Tensor {
        let axis = shape.resolved(axis: axis)
        precondition(shape[rank - 1] % kernel == 0, "\(shape) has no stretches of \(kernel) positions")
        var whole = shape
        whole[axis] = length ?? (shape[axis] - 1) * stride + kernel
        whole[rank - 1] /= kernel
        let plan = UnfoldPlan(whole, axis: axis, kernel: kernel, stride: stride)
        precondition(plan.frames == shape[axis], "\(shape[axis]) stretches do not make a length of \(whole[axis])")
        return Tensor.recorded(plan.fold(detached), from: [self]) { [plan.unfold($0)] }
    }
}

private struct UnfoldPlan: Sendable {
    let wholeShape: [Int], unfoldedShape: [Int]
    let outer: Int, length: Int, inner: Int, features: Int, frames: Int
    let kernel: Int, stride: Int

    init(_ shape: [Int], axis: Int, kernel: Int, stride: Int) {
        let axis = shape.resolved(axis: axis)
        precondition(axis < shape.count - 1, "the features of \(shape) cannot be unfolded")
        precondition(kernel > 0 && stride > 0 && shape[axis] >= kernel, "no stretch of \(kernel) fits axis \(axis) of \(shape)")
        (self.kernel, self.stride, length, features) = (kernel, stride, shape[axis], shape[shape.count - 1])
        outer = shape[..<axis].reduce(1, *)
        inner = shape[(axis + 1)..<(shape.count - 1)].reduce(1, *)
        frames = (length - kernel) / stride + 1
        wholeShape = shape
        var unfolded = shape
        unfolded[axis] = frames
        unfolded[shape.count - 1] = kernel * features
        unfoldedShape = unfolded
    }

    private var row: Int { inner * features }

    func unfold(_ x: Tensor) -> Tensor {
        let value = Tensor(uninitialized: unfoldedShape), y = SharedPointer(value.freshPointer)
        parallelBlocks(outer * frames, size: max(1, parallelBlockSize / (row * kernel))) { range in
            for index in range {
                let source = x.pointer + (index / frames * length + index % frames * stride) * row
                let target = y + index * row * kernel
                if inner == 1 {
                    target.update(from: source, count: kernel * features)
                    continue
                }
                for position in 0..<inner {
                    for k in 0..<kernel {
                        (target + (position * kernel + k) * features)
                            .update(from: source + k * row + position * features, count: features)
                    }
                }
            }
        }
        return value
    }

    /// Each outer index is one thread's, which adds its stretches in their order.
    func fold(_ y: Tensor) -> Tensor {
        let value = Tensor(uninitialized: wholeShape), x = SharedPointer(value.freshPointer)
        parallelFor(outer) { item in
            let source = y.pointer + item * frames * row * kernel, target = x + item * length * row
            target.update(repeating: 0, count: length * row)
            for frame in 0..<frames {
                let stretch = source + frame * row * kernel
                if inner == 1 {
                    let start = target + frame * stride * row
                    for index in 0..<kernel * row { start[index] += stretch[index] }
                    continue
                }
                for k in 0..<kernel {
                    let start = target + (frame * stride + k) * row
                    for position in 0..<inner {
                        let part = stretch + (position * kernel + k) * features
                        for c in 0..<features { start[position * features + c] += part[c] }
                    }
                }
            }
        }
        return value
    }
}
