import CKernels

extension Tensor {
    /// Combines two tensors element by element with broadcasting, unrecorded.
    static func combined(_ operation: ck_binary_op, _ a: Tensor, _ b: Tensor) -> Tensor {
        let shape = a.shape.broadcast(with: b.shape)
        let result = Tensor(uninitialized: shape), out = SharedPointer(result.freshPointer)
        if a.shape == b.shape {
            parallelBlocks(a.count, size: parallelBlockSize) { range in
                let start = range.lowerBound
                ck_binary(operation, 1, range.count, out + start, a.pointer + start, 0, 1, b.pointer + start, 0, 1)
            }
            return result
        }
        let operands = [a.shape.strides(broadcastTo: shape), b.shape.strides(broadcastTo: shape)]
        let loop = StridedLoop(shape: shape, operands: operands)
        if loop.allRows == 1 {
            let (da, db) = (loop.columnStride(0), loop.columnStride(1))
            parallelBlocks(loop.columns, size: parallelBlockSize) { range in
                let start = range.lowerBound
                ck_binary(
                    operation, 1, range.count, out + start, a.pointer + start * da, 0, da, b.pointer + start * db, 0, db)
            }
            return result
        }
        loop.run { row, count, offsets in
            ck_binary(
                operation, count, loop.columns, out + row * loop.columns,
                a.pointer + offsets[0], loop.rowStride(0), loop.columnStride(0),
                b.pointer + offsets[1], loop.rowStride(1), loop.columnStride(1))
        }
        return result
    }

    /// Undoes a broadcast: sums over the axes along which a tensor of `shape` was repeated. Unrecorded.
    func summed(to shape: [Int]) -> Tensor {
        if shape == self.shape { return self }
        let lead = rank - shape.count
        let axes = self.shape.indices.filter { $0 < lead || (shape[$0 - lead] == 1 && self.shape[$0] != 1) }
        let sum = detached.reduced(.sum, axes: axes)
        return Tensor(storage: sum.storage, shape: shape)
    }

    public static func + (a: Tensor, b: Tensor) -> Tensor {
        recorded(combined(CK_ADD, a, b), from: [a, b]) { [x = a.shape, y = b.shape] gradient in
            [gradient.summed(to: x), gradient.summed(to: y)]
        }
    }

    public static func - (a: Tensor, b: Tensor) -> Tensor {
        recorded(combined(CK_SUBTRACT, a, b), from: [a, b]) { [x = a.shape, y = b.shape] gradient in
            [gradient.summed(to: x), -gradient.summed(to: y)]
        }
    }

    public static func * (a: Tensor, b: Tensor) -> Tensor {
        let wanted = (a.requiresGradient, b.requiresGradient)
        return recorded(combined(CK_MULTIPLY, a, b), from: [a, b]) { [a = a.detached, b = b.detached] gradient in
            [
                wanted.0 ? combined(CK_MULTIPLY, gradient, b).summed(to: a.shape) : nil,
                wanted.1 ? combined(CK_MULTIPLY, gradient, a).summed(to: b.shape) : nil,
            ]
        }
    }

    public static func / (a: Tensor, b: Tensor) -> Tensor {
        let wanted = (a.requiresGradient, b.requiresGradient), quotient = combined(CK_DIVIDE, a, b)
        return recorded(quotient, from: [a, b]) { [x = a.shape, b = b.detached] gradient in
            let scaled = combined(CK_DIVIDE, gradient, b)
            return [
                wanted.0 ? scaled.summed(to: x) : nil,
                wanted.1 ? -combined(CK_MULTIPLY, scaled, quotient).summed(to: b.shape) : nil,
            ]
        }
    }

    public static prefix func - (a: Tensor) -> Tensor { a.mapped(CK_AFFINE, -1, 0) }
    public static func + (a: Tensor, b: Float) -> Tensor { a.mapped(CK_AFFINE, 1, b) }
    public static func + (a: Float, b: Tensor) -> Tensor { b.mapped(CK_AFFINE, 1, a) }
    public static func - (a: Tensor, b: Float) -> Tensor { a.mapped(CK_AFFINE, 1, -b) }
    public static func - (a: Float, b: Tensor) -> Tensor { b.mapped(CK_AFFINE, -1, a) }
    public static func * (a: Tensor, b: Float) -> Tensor { a.mapped(CK_AFFINE, b, 0) }
    public static func * (a: Float, b: Tensor) -> Tensor { b.mapped(CK_AFFINE, a, 0) }
    public static func / (a: Tensor, b: Float) -> Tensor { a.mapped(CK_AFFINE, 1 / b, 0) }
    public static func / (a: Float, b: Tensor) -> Tensor { b.mapped(CK_RECIPROCAL, a) }

    public static func += (a: inout Tensor, b: Tensor) { a = a + b }
    public static func -= (a: inout Tensor, b: Tensor) { a = a - b }
    public static func *= (a: inout Tensor, b: Tensor) { a = a * b }
}

/// The larger of two values; where they are equal, the gradient goes to the first.
public func maximum(_ a: Tensor, _ b: Tensor) -> Tensor {
    selected(CK_MAXIMUM, a, b) { Tensor.combined(CK_GREATER_EQUAL, $0, $1) }
}

/// The smaller of two values; where they are equal, the gradient goes to the first.
public func minimum(_ a: Tensor, _ b: Tensor) -> Tensor {
    selected(CK_MINIMUM, a, b) { Tensor.combined(CK_GREATER_EQUAL, $1, $0) }
}

private func selected(
    _ operation: ck_binary_op, _ a: Tensor, _ b: Tensor, firstWins: @escaping @Sendable (Tensor, Tensor) -> Tensor
) -> Tensor {
    Tensor.recorded(Tensor.combined(operation, a, b), from: [a, b]) { [a = a.detached, b = b.detached] gradient in
        let first = Tensor.combined(CK_MULTIPLY, gradient, firstWins(a, b))
        return [first.summed(to: a.shape), Tensor.combined(CK_SUBTRACT, gradient, first).summed(to: b.shape)]
    }
}
