/// What a recorded operation hands back to one of its inputs.
enum GradientContribution: Sendable {
    case none
    case whole(Tensor)
    /// The gradient of `range` of an axis; the rest of the input gets nothing.
    case region(axis: Int, range: Range<Int>, Tensor)
}

/// One recorded operation, or a parameter (a node without inputs).
///
/// The backward pass uses a node once and empties it, which frees what the operation kept.
final class GraphNode: @unchecked Sendable {
    let shape: [Int]
    private(set) var inputs: [GraphNode?]
    private(set) var backward: (@Sendable (Tensor) -> [GradientContribution])?

    init(shape: [Int], inputs: [GraphNode?] = [], backward: (@Sendable (Tensor) -> [GradientContribution])? = nil) {
        self.shape = shape
        self.inputs = inputs
        self.backward = backward
    }

    var isParameter: Bool { inputs.isEmpty }

    /// Runs the operation's backward rule and forgets it.
    func consume(_ gradient: Tensor) -> [GradientContribution] {
        guard let backward else { preconditionFailure("a gradient graph can be differentiated once") }
        self.backward = nil
        return backward(gradient)
    }

    func forgetInputs() {
        inputs = []
    }

    deinit {
        // A long chain must not be freed by recursion. The closures go first: they may hold inputs as well.
        backward = nil
        var pending = inputs
        inputs = []
        while !pending.isEmpty {
            guard var next = pending.removeLast() else { continue }
            if isKnownUniquelyReferenced(&next) {
                next.backward = nil
                pending.append(contentsOf: next.inputs)
                next.inputs = []
            }
        }
    }
}
