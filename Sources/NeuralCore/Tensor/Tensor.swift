/// A dense array of 32-bit floats with any number of axes.
///
/// Values are contiguous in row-major order. A tensor is a value: copies share storage until one of them is written.
/// It may carry a node of a gradient graph; see `valueAndGradient(of:_:)`. Shapes that do not fit an operation are a
/// mistake in the calling code and stop the program.
public struct Tensor: Sendable {
    /// The length of each axis; empty for a scalar.
    public internal(set) var shape: [Int]
    var storage: TensorStorage
    var node: GraphNode?

    /// `values` in row-major order; there must be as many as `shape` says.
    public init(_ values: [Float], shape: [Int]) {
        precondition(values.count == shape.elementCount, "\(values.count) values cannot have the shape \(shape)")
        self.init(shape: shape) { buffer in _ = buffer.update(fromContentsOf: values) }
    }

    /// A tensor without axes.
    public init(scalar: Float) {
        self.init(shape: []) { $0[0] = scalar }
    }

    /// A tensor whose values `body` writes. The buffer's contents are undefined before.
    public init(shape: [Int], initializingWith body: (UnsafeMutableBufferPointer<Float>) throws -> Void) rethrows {
        let storage = TensorStorage(count: shape.elementCount)
        try body(UnsafeMutableBufferPointer(start: storage.pointer, count: storage.count))
        self.init(storage: storage, shape: shape)
    }

    init(storage: TensorStorage, shape: [Int], node: GraphNode? = nil) {
        self.storage = storage
        self.shape = shape
        self.node = node
    }

    /// Undefined contents, to be written through `pointer` by the operation that made it.
    init(uninitialized shape: [Int]) {
        self.init(storage: TensorStorage(count: shape.elementCount), shape: shape)
    }

    /// The number of elements.
    public var count: Int { storage.count }
    /// The number of axes.
    public var rank: Int { shape.count }

    /// All elements in row-major order.
    public var values: [Float] {
        withUnsafeBuffer { Array($0) }
    }

    /// The only element of a tensor that has one.
    public var item: Float {
        precondition(count == 1, "a tensor of shape \(shape) has \(count) elements, not one")
        return storage.pointer[0]
    }

    public func withUnsafeBuffer<R>(_ body: (UnsafeBufferPointer<Float>) throws -> R) rethrows -> R {
        defer { withExtendedLifetime(storage) {} }
        return try body(UnsafeBufferPointer(start: storage.pointer, count: count))
    }

    /// Writes in place, copying first when the storage is shared. The result is outside any gradient graph.
    public mutating func withUnsafeMutableBuffer<R>(
        _ body: (UnsafeMutableBufferPointer<Float>) throws -> R
    ) rethrows -> R {
        if !isKnownUniquelyReferenced(&storage) { storage = storage.copy() }
        node = nil
        defer { withExtendedLifetime(storage) {} }
        return try body(UnsafeMutableBufferPointer(start: storage.pointer, count: count))
    }

    /// The same values outside any gradient graph.
    public var detached: Tensor { Tensor(storage: storage, shape: shape) }
    /// Whether operations on this tensor are recorded.
    public var requiresGradient: Bool { node != nil }
}

extension Tensor {
    /// The elements, for operations of this module that keep the tensor alive across the use.
    var pointer: UnsafePointer<Float> { UnsafePointer(storage.pointer) }
    /// For filling a tensor that was just made.
    var freshPointer: UnsafeMutablePointer<Float> { storage.pointer }
}

extension Tensor: Equatable {
    /// Equal shapes and equal values; `NaN` differs from itself, as for `Float`.
    public static func == (a: Tensor, b: Tensor) -> Bool {
        a.shape == b.shape && a.withUnsafeBuffer { a in b.withUnsafeBuffer { b in a.elementsEqual(b) } }
    }
}

extension Tensor: CustomStringConvertible {
    public var description: String {
        let head = withUnsafeBuffer { $0.prefix(8).map { "\($0)" } }.joined(separator: ", ")
        return "Tensor\(shape) [\(head)\(count > 8 ? ", …" : "")]"
    }
}
