/// Writes values as a pickle of protocol 2 and collects the tensors on the way.
struct PickleWriter {
    private(set) var bytes: [UInt8] = [0x80, 2]
    /// In the order of their storages' names: "0", "1", …
    private(set) var tensors: [Tensor] = []

    init(_ value: TorchValue) {
        write(value)
        add(.stop)
    }

    private mutating func add(_ operation: PickleOpcode) { bytes.append(operation.rawValue) }

    private mutating func add(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    private mutating func write(_ value: TorchValue) {
        switch value {
        case .none: add(.none)
        case .bool(let value): add(value ? .newTrue : .newFalse)
        case .integer(let value): write(value)
        case .number(let value):
            add(.binFloat)
            add(value.bitPattern.byteSwapped)
        case .text(let text): write(text)
        case .list(let values):
            add(.emptyList)
            add(.mark)
            values.forEach { write($0) }
            add(.appends)
        case .dictionary(let members):
            add(.emptyDict)
            add(.mark)
            for (key, value) in members {
                write(key)
                write(value)
            }
            add(.setItems)
        case .tensor(let tensor): write(tensor)
        case .name(let module, let name): write(module: module, name: name)
        }
    }

    private mutating func write(_ text: String) {
        add(.binUnicode)
        add(UInt32(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    private mutating func write(_ number: Int) {
        if let small = Int32(exactly: number) {
            add(.binInt)
            add(small)
        } else {
            add(.long1)
            bytes.append(8)
            add(number)
        }
    }

    private mutating func write(module: String, name: String) {
        add(.global)
        bytes.append(contentsOf: "\(module)\n\(name)\n".utf8)
    }

    private mutating func writeTuple(_ numbers: [Int]) {
        add(.mark)
        numbers.forEach { write($0) }
        add(.tuple)
    }

    /// `_rebuild_tensor_v2(storage, 0, shape, strides, False, OrderedDict())`.
    private mutating func write(_ tensor: Tensor) {
        write(module: "torch._utils", name: "_rebuild_tensor_v2")
        add(.mark)
        add(.mark)
        write("storage")
        write(module: "torch", name: "FloatStorage")
        write("\(tensors.count)")
        write("cpu")
        write(tensor.count)
        add(.tuple)
        add(.binPersistentID)
        write(0)
        writeTuple(tensor.shape)
        var strides: [Int] = [], stride = 1
        for extent in tensor.shape.reversed() {
            strides.append(stride)
            stride *= max(extent, 1)
        }
        writeTuple(strides.reversed())
        add(.newFalse)
        write(module: "collections", name: "OrderedDict")
        add(.emptyTuple)
        add(.reduce)
        add(.tuple)
        add(.reduce)
        tensors.append(tensor.detached)
    }
}
