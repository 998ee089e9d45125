/// A run of numbers in a checkpoint that tensors look at.
public struct TorchStorage: Sendable, Equatable {
    /// Its name in the file.
    let key: String
    /// Nil for types that are not read, such as complex and quantised numbers.
    public let type: StoredType?
    /// What the file calls the type.
    let typeName: String
    /// Numbers in it.
    let count: Int

    /// The number types that PyTorch's storage classes stand for.
    static let types: [String: StoredType] = [
        "DoubleStorage": .float64, "FloatStorage": .float32, "HalfStorage": .float16, "BFloat16Storage": .bfloat16,
        "LongStorage": .int64, "IntStorage": .int32, "ShortStorage": .int16, "CharStorage": .int8, "ByteStorage": .uint8,
        "BoolStorage": .bool, "UntypedStorage": .uint8,
    ]
}

/// A tensor of a checkpoint: a view of a storage, whose numbers are read when asked for.
public struct TorchTensor: Sendable, Equatable {
    public let storage: TorchStorage
    /// Numbers of the storage before the first element.
    public let offset: Int
    public let shape: [Int]
    /// Numbers of the storage from one element to the next along each axis.
    public let strides: [Int]

    /// - Parameter limit: elements that it may have at most; a view can repeat numbers, so its storage sets no bound.
    /// - Throws: `CheckpointFault` for a view that leaves its storage.
    init(storage: TorchStorage, offset: Int, shape: [Int], strides: [Int], limit: Int) throws {
        (self.storage, self.offset, self.shape, self.strides) = (storage, offset, shape, strides)
        guard shape.count == strides.count, shape.count <= 64, offset >= 0,
            shape.allSatisfy({ $0 >= 0 }), strides.allSatisfy({ $0 >= 0 })
        else { throw CheckpointFault.damaged("a tensor has the shape \(shape) and the strides \(strides)") }
        let isEmpty = shape.contains(0)
        var count = isEmpty ? 0 : 1, last = isEmpty ? -1 : offset
        for (extent, stride) in zip(shape, strides) where !isEmpty {
            let (product, first) = count.multipliedReportingOverflow(by: extent)
            let (reach, second) = (extent - 1).multipliedReportingOverflow(by: stride)
            let (sum, third) = last.addingReportingOverflow(reach)
            guard !first, !second, !third else {
                throw CheckpointFault.damaged("a tensor has the shape \(shape), beyond any memory")
            }
            (count, last) = (product, sum)
        }
        guard last < storage.count else {
            throw CheckpointFault.damaged(
                "a tensor of shape \(shape) reaches number \(last) of a storage that has \(storage.count)")
        }
        guard count <= limit else {
            throw CheckpointFault.damaged("a tensor of shape \(shape) has more elements than the file has bytes")
        }
    }

    public var count: Int { shape.contains(0) ? 0 : shape.reduce(1, *) }

    var isContiguous: Bool {
        var expected = 1
        for (extent, stride) in zip(shape, strides).reversed() {
            if extent != 1, stride != expected { return false }
            expected *= max(extent, 1)
        }
        return true
    }

    /// The numbers of the storage from the first element to the last.
    var span: Range<Int> {
        guard count > 0 else { return 0..<0 }
        return offset..<offset + zip(shape, strides).reduce(1) { $0 + ($1.0 - 1) * $1.1 }
    }
}
