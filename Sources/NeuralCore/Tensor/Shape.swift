extension [Int] {
    /// The number of elements of a tensor of this shape.
    var elementCount: Int { reduce(1, *) }

    /// Row-major strides.
    var strides: [Int] {
        var result = self, stride = 1
        for axis in indices.reversed() {
            result[axis] = stride
            stride *= self[axis]
        }
        return result
    }

    /// `[product of the axes before, the axis, product of the axes after]`
    func split(at axis: Int) -> (outer: Int, size: Int, inner: Int) {
        (self[..<axis].reduce(1, *), self[axis], self[(axis + 1)...].reduce(1, *))
    }

    /// The axis counted from the front; negative values count from the back.
    func resolved(axis: Int) -> Int {
        let resolved = axis < 0 ? axis + count : axis
        precondition(indices.contains(resolved), "there is no axis \(axis) in the shape \(self)")
        return resolved
    }

    /// The common shape of two operands under broadcasting.
    func broadcast(with other: [Int]) -> [Int] {
        if self == other { return self }
        let rank = Swift.max(count, other.count)
        return (0..<rank).map { axis in
            let a = axis < rank - count ? 1 : self[axis - rank + count]
            let b = axis < rank - other.count ? 1 : other[axis - rank + other.count]
            precondition(a == b || a == 1 || b == 1, "the shapes \(self) and \(other) do not broadcast")
            return a == 1 ? b : a
        }
    }

    /// Strides of a tensor of this shape read as one of `shape`: zero along broadcast axes.
    func strides(broadcastTo shape: [Int]) -> [Int] {
        let own = strides, lead = shape.count - count
        precondition(lead >= 0, "the shape \(self) does not broadcast to \(shape)")
        return shape.indices.map { axis in
            guard axis >= lead else { return 0 }
            let size = self[axis - lead]
            precondition(size == shape[axis] || size == 1, "the shape \(self) does not broadcast to \(shape)")
            return size == 1 ? 0 : own[axis - lead]
        }
    }
}

/// Elements of one size from one block of work: large enough that handing it to a thread costs nothing.
let parallelBlockSize = 16_384

/// Axes of a result with the strides of its operands, neighbours merged where every operand allows it.
struct StridedLoop {
    var sizes: [Int] = []
    var strides: [[Int]]

    init(shape: [Int], operands: [[Int]]) {
        strides = operands.map { _ in [] }
        for axis in shape.indices where shape[axis] != 1 {
            let mergeable = !sizes.isEmpty && operands.indices.allSatisfy {
                strides[$0].last! == operands[$0][axis] * shape[axis]
            }
            if mergeable {
                sizes[sizes.count - 1] *= shape[axis]
                for k in operands.indices { strides[k][sizes.count - 1] = operands[k][axis] }
            } else {
                sizes.append(shape[axis])
                for k in operands.indices { strides[k].append(operands[k][axis]) }
            }
        }
        while sizes.count < 2 {
            sizes.insert(1, at: 0)
            for k in operands.indices { strides[k].insert(0, at: 0) }
        }
    }

    var columns: Int { sizes[sizes.count - 1] }
    var rows: Int { sizes[sizes.count - 2] }
    /// Rows over all leading axes.
    var allRows: Int { sizes.dropLast().reduce(1, *) }

    func rowStride(_ operand: Int) -> Int { strides[operand][sizes.count - 2] }
    func columnStride(_ operand: Int) -> Int { strides[operand][sizes.count - 1] }

    /// Calls `body(first row, row count, offsets)` for stretches of rows within one index of the leading axes.
    func forEachStretch(of range: Range<Int>, _ body: (Int, Int, [Int]) -> Void) {
        var row = range.lowerBound
        while row < range.upperBound {
            let within = row % rows, length = min(rows - within, range.upperBound - row)
            var rest = row / rows, offsets = strides.indices.map { rowStride($0) * within }
            for axis in (0..<sizes.count - 2).reversed() {
                let index = rest % sizes[axis]
                rest /= sizes[axis]
                for k in offsets.indices { offsets[k] += index * strides[k][axis] }
            }
            body(row, length, offsets)
            row += length
        }
    }

    /// Runs all stretches in parallel blocks of fixed size.
    func run(_ body: @Sendable (_ row: Int, _ count: Int, _ offsets: [Int]) -> Void) {
        guard columns > 0, allRows > 0 else { return }
        parallelBlocks(allRows, size: max(1, parallelBlockSize / columns)) { range in
            forEachStretch(of: range, body)
        }
    }
}
