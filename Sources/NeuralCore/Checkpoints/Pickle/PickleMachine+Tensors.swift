/// How PyTorch writes tensors: a storage is a persistent id, a tensor a call that takes one.
extension PickleMachine {
    /// `("storage", class, key, place, count[, view])`.
    func storage(_ id: NodeID) throws -> TorchStorage {
        guard case .tuple(let parts) = self[id], parts.count >= 5, case .text("storage") = self[parts[0]],
            case .name(let className) = self[parts[1]], case .integer(let count) = self[parts[4]], count >= 0
        else { throw fault("refers to something that is no storage") }
        if parts.count > 5, case .tuple = self[parts[5]] { throw fault("has a storage that is part of another") }
        let key: String
        switch self[parts[2]] {
        case .text(let text): key = text
        case .integer(let number): key = "\(number)"
        default: throw fault("has a storage without a name")
        }
        let typeName = className.split(separator: ".").last.map(String.init) ?? className
        guard className.hasPrefix("torch."), typeName.hasSuffix("Storage") else {
            throw fault("has a storage of the unknown class \(className.prefix(80))")
        }
        let storage = TorchStorage(key: key, type: TorchStorage.types[typeName], typeName: typeName, count: count)
        try checkSize(of: storage)
        return storage
    }

    private func checkSize(of storage: TorchStorage) throws {
        let (size, overflow) = storage.count.multipliedReportingOverflow(by: storage.type?.size ?? 1)
        guard !overflow, size <= limits.tensorElements else {
            throw fault("has a storage of \(storage.count) numbers, more than the file can hold")
        }
        guard let type = storage.type, let present = limits.storageSize(storage.key) else { return }
        guard present == size else {
            throw fault(
                "gives storage \(storage.key.prefix(40)) \(storage.count) numbers of \(type.size) bytes, and it has \(present) bytes")
        }
    }

    /// `(storage, offset, shape, strides, …)`.
    func tensor(_ arguments: [NodeID]) throws -> TorchTensor {
        guard arguments.count >= 4, case .storage(let storage) = self[arguments[0]],
            case .integer(let offset) = self[arguments[1]],
            let shape = integers(arguments[2]), let strides = integers(arguments[3])
        else { throw fault("has a tensor without storage or shape") }
        return try TorchTensor(
            storage: storage, offset: offset, shape: shape, strides: strides, limit: limits.tensorElements)
    }

    private func integers(_ id: NodeID) -> [Int]? {
        guard case .tuple(let ids) = self[id], ids.count <= 64 else { return nil }
        let numbers = ids.compactMap { id -> Int? in
            if case .integer(let number) = self[id] { number } else { nil }
        }
        return numbers.count == ids.count ? numbers : nil
    }
}
