/// A part of a network: a value with named parameters.
///
/// A layer that holds others visits them under their names; a parameter's full name is the path to it, which is also
/// its key in a checkpoint.
public protocol Layer: Sendable {
    /// Shows every parameter and buffer to `visitor`, always in the same order. Throws only what `visitor` throws.
    mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws
}

/// Reads or replaces the parameters of a layer, one after the other.
public protocol ParameterVisitor {
    /// The names of the layers around the current one, each followed by a dot.
    var path: String { get set }
    /// A tensor that training changes.
    mutating func visit(_ name: String, _ parameter: inout Tensor) throws
    /// A tensor that belongs to the layer's state but has no gradient: running statistics, fixed tables.
    mutating func visitBuffer(_ name: String, _ buffer: inout Tensor) throws
}

extension ParameterVisitor {
    /// The path to something named `name` in the current layer.
    public func fullName(_ name: String) -> String { path + name }

    public mutating func visit<L: Layer>(_ name: String, _ layer: inout L) throws {
        let outer = path
        path = outer + name + "."
        defer { path = outer }
        try layer.visitParameters(&self)
    }

    /// The layers are named `name.0`, `name.1`, …
    public mutating func visit<L: Layer>(_ name: String, _ layers: inout [L]) throws {
        for index in layers.indices { try visit("\(name).\(index)", &layers[index]) }
    }

    /// Visits the parameter if there is one.
    public mutating func visit(_ name: String, _ parameter: inout Tensor?) throws {
        guard var present = parameter else { return }
        try visit(name, &present)
        parameter = present
    }

    /// Visits the layer if there is one.
    public mutating func visit<L: Layer>(_ name: String, _ layer: inout L?) throws {
        guard var present = layer else { return }
        try visit(name, &present)
        layer = present
    }
}

extension Layer {
    /// Every parameter and buffer with its full name, in visiting order.
    public func namedParameters() -> [(String, Tensor)] {
        var copy = self, collector = ParameterCollector()
        copy.visit(with: &collector)
        return collector.found
    }

    /// The tensors that training changes, in the order of the gradients.
    func trainableParameters() -> [(String, Tensor)] {
        var copy = self, collector = ParameterCollector(includesBuffers: false)
        copy.visit(with: &collector)
        return collector.found
    }

    /// The number of values that training changes.
    public var parameterCount: Int {
        var copy = self, collector = ParameterCollector(includesBuffers: false)
        copy.visit(with: &collector)
        return collector.found.reduce(0) { $0 + $1.1.count }
    }

    /// For visitors that never throw.
    mutating func visit(with visitor: inout some ParameterVisitor) {
        do {
            try visitParameters(&visitor)
        } catch {
            preconditionFailure("a layer threw an error that its visitor did not: \(error)")
        }
    }
}

struct ParameterCollector: ParameterVisitor {
    var path = ""
    var includesBuffers = true
    var found: [(String, Tensor)] = []

    mutating func visit(_ name: String, _ parameter: inout Tensor) {
        found.append((fullName(name), parameter.detached))
    }

    mutating func visitBuffer(_ name: String, _ buffer: inout Tensor) {
        if includesBuffers { found.append((fullName(name), buffer.detached)) }
    }
}
