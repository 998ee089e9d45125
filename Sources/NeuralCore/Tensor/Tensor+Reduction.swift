import CKernels

enum Reduction {
    case sum, max
}

extension Tensor {
    /// The sum over `axes` (all when `nil`).
    public func sum(axes: [Int]? = nil, keepingDimensions: Bool = false) -> Tensor {
        let axes = resolved(axes), kept = keptShape(axes)
        let value = detached.reduced(.sum, axes: axes)
        let result = Tensor(storage: value.storage, shape: keepingDimensions ? kept : shape.removing(axes))
        return Tensor.recorded(result, from: [self]) { [shape] gradient in
            [Tensor(storage: gradient.storage, shape: kept).broadcast(to: shape)]
        }
    }

    /// The mean over `axes` (all when `nil`).
    public func mean(axes: [Int]? = nil, keepingDimensions: Bool = false) -> Tensor {
        let count = resolved(axes).reduce(1) { $0 * shape[$1] }
        return sum(axes: axes, keepingDimensions: keepingDimensions) * (1 / Float(count))
    }

    /// The largest value over `axes` (all when `nil`). Equal maxima share the gradient.
    public func max(axes: [Int]? = nil, keepingDimensions: Bool = false) -> Tensor {
        let axes = resolved(axes), kept = keptShape(axes)
        let value = detached.reduced(.max, axes: axes)
        let result = Tensor(storage: value.storage, shape: keepingDimensions ? kept : shape.removing(axes))
        return Tensor.recorded(result, from: [self]) { [input = detached] gradient in
            let top = Tensor(storage: value.storage, shape: kept)
            let hits = Tensor.combined(CK_EQUAL, input, top)
            let share = Tensor(storage: gradient.storage, shape: kept) / hits.sum(axes: axes, keepingDimensions: true)
            return [hits * share]
        }
    }

    private func resolved(_ axes: [Int]?) -> [Int] {
        guard let axes else { return Array(shape.indices) }
        return Set(axes.map(shape.resolved(axis:))).sorted()
    }

    private func keptShape(_ axes: [Int]) -> [Int] {
        var kept = shape
        for axis in axes { kept[axis] = 1 }
        return kept
    }

    /// Reduces sorted axes, one merged group after the other from the back; the axes stay with length one. Unrecorded.
    func reduced(_ reduction: Reduction, axes: [Int]) -> Tensor {
        precondition(
            reduction == .sum || axes.allSatisfy { shape[$0] > 0 }, "there is no maximum of nothing: shape \(shape)")
        var current = self, rest = axes
        while let last = rest.popLast() {
            var first = last
            while rest.last == first - 1 { first = rest.removeLast() }
            let outer = current.shape[..<first].reduce(1, *), size = current.shape[first...last].reduce(1, *)
            let inner = current.shape[(last + 1)...].reduce(1, *)
            var shape = current.shape
            for axis in first...last { shape[axis] = 1 }
            let storage = reduce(reduction, current, outer, size, inner).storage
            current = Tensor(storage: storage, shape: shape)
        }
        return current
    }
}

/// Reduces the middle axis of `[outer, size, inner]` in blocks of fixed size, whose results are reduced again.
private func reduce(_ reduction: Reduction, _ x: Tensor, _ outer: Int, _ size: Int, _ inner: Int) -> Tensor {
    guard size > 0 else { return .zeros([outer * inner]) }
    let kernel = reduction == .sum ? ck_sum : ck_max
    let block = max(64, parallelBlockSize / max(1, inner)), blocks = (size + block - 1) / block
    let result = Tensor(uninitialized: [outer, blocks, inner]), out = SharedPointer(result.freshPointer)
    let grain = max(1, parallelBlockSize / max(1, min(block, size) * inner))
    parallelBlocks(outer * blocks, size: grain) { range in
        for index in range {
            let start = index % blocks * block
            let source = x.pointer + ((index / blocks) * size + start) * inner
            kernel(source, out + index * inner, min(block, size - start), inner)
        }
    }
    return blocks == 1 ? result : reduce(reduction, result, outer, blocks, inner)
}

extension [Int] {
    fileprivate func removing(_ axes: [Int]) -> [Int] {
        indices.filter { !axes.contains($0) }.map { self[$0] }
    }
}

public func sum(_ x: Tensor) -> Tensor { x.sum() }
public func mean(_ x: Tensor) -> Tensor { x.mean() }
