extension Layer {
    /// Takes the parameters and buffers from a file, whose keys are `prefix` and the full names.
    ///
    /// - Throws: `CheckpointError.mismatch` naming every tensor that is missing, unexpected or of another shape; the
    ///   layer is then as it was.
    public mutating func load(from file: some TensorSource, prefix: String = "") throws {
        var loader = ParameterLoader(file: file, prefix: prefix)
        var copy = self
        try copy.visitParameters(&loader)
        let unexpected = file.names.filter { $0.hasPrefix(prefix) && !loader.seen.contains($0) }
            .map { "\($0) \((try? file.shape($0)) ?? []) is not part of the model" }
        let faults = loader.faults + unexpected
        guard faults.isEmpty else { throw CheckpointError.mismatch(path: file.path, faults: faults) }
        self = copy
    }
}

extension SafeTensorsFile {
    /// A tensor that must have a given shape.
    func tensor(_ name: String, shape: [Int]) throws -> Tensor {
        let found = try self.shape(name)
        guard found == shape else {
            throw CheckpointError.mismatch(path: path, faults: ["\(name) is \(found) instead of \(shape)"])
        }
        return try tensor(name)
    }
}

private struct ParameterLoader<Source: TensorSource>: ParameterVisitor {
    var path = ""
    let file: Source
    let prefix: String
    var seen: Set<String> = []
    var faults: [String] = []

    init(file: Source, prefix: String) { (self.file, self.prefix) = (file, prefix) }

    mutating func visit(_ name: String, _ parameter: inout Tensor) throws {
        let key = prefix + fullName(name)
        seen.insert(key)
        guard file.contains(key) else {
            faults.append("\(key) \(parameter.shape) is missing")
            return
        }
        let found = try file.shape(key)
        guard found == parameter.shape else {
            faults.append("\(key) is \(found) instead of \(parameter.shape)")
            return
        }
        parameter = try file.tensor(key)
    }

    mutating func visitBuffer(_ name: String, _ buffer: inout Tensor) throws { try visit(name, &buffer) }
}
