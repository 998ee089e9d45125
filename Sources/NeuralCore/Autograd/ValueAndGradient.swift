/// Runs `body` on the model and differentiates its result by the model's parameters.
///
///     var (loss, gradients) = valueAndGradient(of: network) { network in
///         square(network(input) - target).mean()
///     }
///     gradients.clip(toNorm: 1)
///     optimizer.update(&network, along: gradients, learningRate: 1e-3)
///
/// - Parameter body: returns the loss, a tensor of one element.
/// - Returns: the loss outside the graph, and one gradient per parameter; zeros where the loss does not depend on it.
public func valueAndGradient<M: Layer>(
    of model: M, _ body: (M) throws -> Tensor
) rethrows -> (Tensor, Gradients) {
    var model = model
    return try valueAndGradient(of: &model) { try body($0) }
}

/// The same for a model whose `body` changes buffers, such as the running statistics of `BatchNorm`: these are kept.
///
/// The parameters of `model` are left as they were.
public func valueAndGradient<M: Layer>(
    of model: inout M, updatingBuffers body: (inout M) throws -> Tensor
) rethrows -> (Tensor, Gradients) {
    var marker = ParameterMarker()
    var working = model
    working.visit(with: &marker)
    let parameters = marker.parameters
    let loss = try body(&working)
    var backward = BackwardPass(from: loss)
    let gradients = Gradients(
        parameters.map { name, parameter in
            (name, backward.takeGradient(of: parameter) ?? .zeros(parameter.shape))
        })
    var keeper = BufferReader()
    working.visit(with: &keeper)
    var writer = BufferWriter(buffers: keeper.buffers)
    model.visit(with: &writer)
    return (loss.detached, gradients)
}

private struct ParameterMarker: ParameterVisitor {
    var path = ""
    var parameters: [(String, Tensor)] = []

    mutating func visit(_ name: String, _ parameter: inout Tensor) {
        parameter = parameter.asParameter()
        parameters.append((fullName(name), parameter))
    }

    mutating func visitBuffer(_ name: String, _ buffer: inout Tensor) {}
}

private struct BufferReader: ParameterVisitor {
    var path = ""
    var buffers: [Tensor] = []

    mutating func visit(_ name: String, _ parameter: inout Tensor) {}
    mutating func visitBuffer(_ name: String, _ buffer: inout Tensor) { buffers.append(buffer.detached) }
}

private struct BufferWriter: ParameterVisitor {
    var path = ""
    var buffers: [Tensor]
    var next = 0

    init(buffers: [Tensor]) { self.buffers = buffers }

    mutating func visit(_ name: String, _ parameter: inout Tensor) {}
    mutating func visitBuffer(_ name: String, _ buffer: inout Tensor) {
        buffer = buffers[next]
        next += 1
    }
}

/// The gradients of a scalar function of several tensors, in their order.
public func valueAndGradient(
    at points: [Tensor], _ body: ([Tensor]) throws -> Tensor
) rethrows -> (Tensor, [Tensor]) {
    let parameters = points.map { $0.asParameter() }
    let value = try body(parameters)
    var backward = BackwardPass(from: value)
    return (value.detached, parameters.map { backward.takeGradient(of: $0) ?? .zeros($0.shape) })
}
