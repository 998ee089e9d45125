/// Named tensors in a file.
public protocol TensorSource: Sendable {
    /// What messages call the file.
    var path: String { get }
    /// The tensors' names in the file's order.
    var names: [String] { get }
    func contains(_ name: String) -> Bool
    /// - Throws: `CheckpointError.missingTensor`.
    func shape(_ name: String) throws -> [Int]
    /// The tensor, rounded to `Float` from whatever type it has in the file.
    func tensor(_ name: String) throws -> Tensor
    /// The type that the tensor has in the file.
    func dtype(_ name: String) throws -> StoredType
}

extension TensorSource {
    public func dtype(_ name: String) throws -> StoredType { .float32 }
}

extension SafeTensorsFile: TensorSource {}

/// Tensors of another source under other names.
public struct RenamedTensors: TensorSource {
    private let source: any TensorSource
    private let originals: [String: String]
    public let names: [String]

    /// - Parameter rename: the new name of a tensor; nil leaves it out. Names must stay different.
    public init(_ source: any TensorSource, rename: (String) -> String?) {
        var originals: [String: String] = [:], names: [String] = []
        for original in source.names {
            guard let name = rename(original), originals[name] == nil else { continue }
            originals[name] = original
            names.append(name)
        }
        (self.source, self.originals, self.names) = (source, originals, names)
    }

    public var path: String { source.path }
    public func contains(_ name: String) -> Bool { originals[name] != nil }
    public func shape(_ name: String) throws -> [Int] { try source.shape(original(name)) }
    public func tensor(_ name: String) throws -> Tensor { try source.tensor(original(name)) }
    public func dtype(_ name: String) throws -> StoredType { try source.dtype(original(name)) }

    private func original(_ name: String) throws -> String {
        guard let original = originals[name] else {
            throw CheckpointError.missingTensor(path: path, name: name, known: names.count)
        }
        return original
    }
}
