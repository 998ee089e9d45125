import CKernels

/// Reverse-mode differentiation of one scalar.
///
/// Nodes are visited in reverse topological order by an explicit stack, so the depth of a graph is not limited by the
/// thread's. A gradient is freed as soon as its node has passed it on.
struct BackwardPass {
    private var gradients: [ObjectIdentifier: Tensor] = [:]

    /// Differentiates `loss`, which has one element. The graph is used up.
    init(from loss: Tensor) {
        precondition(loss.count == 1, "a gradient needs a scalar, not the shape \(loss.shape)")
        guard let root = loss.node else { return }
        gradients[ObjectIdentifier(root)] = .ones(loss.shape)
        for node in Self.topologicalOrder(from: root).reversed() where !node.isParameter {
            let inputs = node.inputs
            guard let gradient = gradients.removeValue(forKey: ObjectIdentifier(node)) else {
                node.forgetInputs()
                continue
            }
            for (input, contribution) in zip(inputs, node.consume(gradient)) {
                if let input { add(contribution, to: input) }
            }
            node.forgetInputs()
        }
    }

    /// The gradient of a parameter, or `nil` when the loss does not depend on it.
    mutating func takeGradient(of parameter: Tensor) -> Tensor? {
        parameter.node.flatMap { gradients.removeValue(forKey: ObjectIdentifier($0)) }
    }

    private mutating func add(_ contribution: GradientContribution, to node: GraphNode) {
        let key = ObjectIdentifier(node)
        switch contribution {
        case .none:
            return
        case .whole(let gradient):
            precondition(gradient.shape == node.shape, "a gradient of shape \(gradient.shape) for \(node.shape)")
            guard var sum = gradients.removeValue(forKey: key) else {
                gradients[key] = gradient.detached
                return
            }
            sum.accumulate(gradient)
            gradients[key] = sum
        case .region(let axis, let range, let gradient):
            var sum = gradients.removeValue(forKey: key) ?? .zeros(node.shape)
            sum.accumulate(gradient, axis: axis, range: range)
            gradients[key] = sum
        }
    }

    /// Inputs before the nodes that use them.
    private static func topologicalOrder(from root: GraphNode) -> [GraphNode] {
        var order: [GraphNode] = [], seen: Set<ObjectIdentifier> = [ObjectIdentifier(root)]
        var stack: [(node: GraphNode, next: Int)] = [(root, 0)]
        while let (node, next) = stack.last {
            guard next < node.inputs.count else {
                order.append(node)
                stack.removeLast()
                continue
            }
            stack[stack.count - 1].next += 1
            if let input = node.inputs[next], seen.insert(ObjectIdentifier(input)).inserted { stack.append((input, 0)) }
        }
        return order
    }
}

extension Tensor {
    /// Adds `other`, of the same shape, in place.
    mutating func accumulate(_ other: Tensor) {
        withUnsafeMutableBuffer { buffer in
            let sum = SharedPointer(buffer.baseAddress!)
            parallelBlocks(other.count, size: parallelBlockSize) { range in
                ck_accumulate(other.pointer + range.lowerBound, sum + range.lowerBound, range.count)
            }
        }
    }

    /// Adds `other` to a range of an axis in place.
    mutating func accumulate(_ other: Tensor, axis: Int, range: Range<Int>) {
        let (outer, size, inner) = shape.split(at: axis)
        let length = range.count * inner
        withUnsafeMutableBuffer { buffer in
            let sum = SharedPointer(buffer.baseAddress! + range.lowerBound * inner)
            parallelBlocks(outer, size: Swift.max(1, parallelBlockSize / Swift.max(1, length))) { rows in
                for row in rows { ck_accumulate(other.pointer + row * length, sum + row * size * inner, length) }
            }
        }
    }
}
