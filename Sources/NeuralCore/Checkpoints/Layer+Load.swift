extension Layer {
    /// Takes the parameters and buffers from a file, whose keys are `prefix` and the full names.
    ///
    /// - Throws: `CheckpointError.mismatch` naming every tensor that is missing, unexpected or of another shape; the
    ///   layer is then as it was.
    public mutating func load(from file: some TensorSource, prefix: String = "") throws {
        var check = ParameterCheck(file: file, prefix: prefix), copy = self
        try copy.visitParameters(&check)
        let unexpected = file.names.filter { $0.hasPrefix(prefix) && !check.seen.contains($0) }
            .map { "\($0) \((try? file.shape($0)) ?? []) is not part of the model" }
        let faults = check.faults + unexpected
        guard faults.isEmpty else { throw CheckpointError.mismatch(path: file.path, faults: faults) }
        var loader = ParameterLoader(file: file, prefix: prefix)
        try copy.visitParameters(&loader)
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

/// Holds names and shapes against a file's, before any number is read.
private struct ParameterCheck<Source: TensorSource>: ParameterVisitor {
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
        if found != parameter.shape { faults.append("\(key) is \(found) instead of \(parameter.shape)") }
    }

    mutating func visitBuffer(_ name: String, _ buffer: inout Tensor) throws { try visit(name, &buffer) }
}

private struct ParameterLoader<Source: TensorSource>: ParameterVisitor {
    var path = ""
    let file: Source
    let prefix: String

    mutating func visit(_ name: String, _ parameter: inout Tensor) throws {
        parameter = try file.tensor(prefix + fullName(name))
    }

    mutating func visitBuffer(_ name: String, _ buffer: inout Tensor) throws { try visit(name, &buffer) }
}
