/// The calls that files of weights make to build their values, each imitated without running anything.
enum PickleCall {
    case dictionary, list, set, tuple, bytes, text
    /// A class of plain values, kept as a description.
    case object
    case tensor, tensorOfStorage, parameter, wrapped
    case encodedText
    case scalar

    /// Nil for every name that is not on the list.
    init?(_ name: String) {
        guard let call = Self.allowed[Self.canonical(name)] else { return nil }
        self = call
    }

    /// One spelling for names that moved between versions of their libraries.
    private static func canonical(_ name: String) -> String {
        for (old, new) in renamed where name.hasPrefix(old) { return new + name.dropFirst(old.count) }
        return name
    }

    private static let renamed = [
        ("__builtin__.", "builtins."), ("copy_reg.", "copyreg."), ("numpy._core.", "numpy.core."),
        ("lightning.pytorch.", "pytorch_lightning."), ("pathlib._local.", "pathlib."),
    ]

    private static let allowed: [String: PickleCall] = [
        "collections.OrderedDict": .dictionary, "collections.defaultdict": .dictionary, "collections.Counter": .dictionary,
        "builtins.dict": .dictionary, "builtins.list": .list, "builtins.set": .set, "builtins.frozenset": .set,
        "builtins.tuple": .tuple, "torch.Size": .tuple, "builtins.bytearray": .bytes, "builtins.bytes": .bytes,
        "torch.device": .text, "torch.serialization._get_layout": .text, "_codecs.encode": .encodedText,
        "torch._utils._rebuild_tensor": .tensorOfStorage, "torch._utils._rebuild_tensor_v2": .tensor,
        "torch._utils._rebuild_parameter": .parameter, "torch._utils._rebuild_parameter_with_state": .parameter,
        "torch._tensor._rebuild_from_type_v2": .wrapped,
        "argparse.Namespace": .object, "pathlib.PosixPath": .object, "pathlib.WindowsPath": .object,
        "pathlib.PurePosixPath": .object, "pathlib.PureWindowsPath": .object, "datetime.timedelta": .object,
        "pytorch_lightning.utilities.parsing.AttributeDict": .object,
        "lightning_fabric.utilities.data.AttributeDict": .object, "lightning.fabric.utilities.data.AttributeDict": .object,
        "numpy.dtype": .object, "numpy.core.multiarray._reconstruct": .object, "numpy.core.multiarray.scalar": .scalar,
    ]
}

extension PickleMachine {
    /// The value that a call would make.
    ///
    /// - Throws: `CheckpointFault.forbiddenCall` for every name that is not on the list.
    mutating func call(_ name: String, _ arguments: [NodeID]) throws -> NodeID {
        guard let call = PickleCall(name) else { throw CheckpointFault.forbiddenCall(name) }
        try charge(arguments.count)
        switch call {
        case .dictionary: return make(.dictionary(try members(arguments)))
        case .list: return make(.list(try contents(arguments)))
        case .set: return make(.set(try contents(arguments)))
        case .tuple: return make(.tuple(try contents(arguments)))
        case .bytes: return make(.bytes(try encoded(arguments)))
        case .encodedText: return make(.bytes(try encoded(arguments)))
        case .text:
            let words = arguments.map { id in
                switch self[id] {
                case .text(let text): text
                case .integer(let number): "\(number)"
                default: "?"
                }
            }
            return make(.text(words.joined(separator: ":")))
        case .object: return make(.object(PickleObject(className: name, arguments: arguments)))
        case .tensor, .tensorOfStorage: return make(.tensor(try tensor(arguments)))
        case .parameter:
            guard let value = arguments.first, case .tensor = self[value] else { throw fault("has a parameter without a tensor") }
            return value
        case .wrapped:
            // (function, class, arguments, state): the class is not needed, the function does the work.
            guard arguments.count >= 3, case .name(let function) = self[arguments[0]],
                PickleCall(function).map({ $0.isTensor }) == true
            else { throw CheckpointFault.forbiddenCall(name) }
            return make(.tensor(try tensor(tuple(arguments[2]))))
        case .scalar: return try scalar(arguments)
        }
    }

    private func elements(_ id: NodeID) -> [NodeID]? {
        switch self[id] {
        case .tuple(let ids), .list(let ids), .set(let ids): ids
        default: nil
        }
    }

    /// The elements that a container is made of: none, or those of its only argument.
    private mutating func contents(_ arguments: [NodeID]) throws -> [NodeID] {
        guard let only = arguments.first else { return [] }
        guard arguments.count == 1, let ids = elements(only) else { throw fault("fills a container with what is no list") }
        try charge(ids.count)
        return ids
    }

    /// Keys and values from a list of pairs or another dictionary; the default's name of a `defaultdict` is skipped.
    private mutating func members(_ arguments: [NodeID]) throws -> [NodeID] {
        var result: [NodeID] = []
        for argument in arguments {
            switch self[argument] {
            case .name, .none: continue
            case .dictionary(let ids):
                try charge(ids.count)
                result += ids
            default:
                guard let pairs = elements(argument) else { throw fault("fills a dictionary with what has no keys") }
                try charge(2 * pairs.count)
                for pair in pairs {
                    guard let ids = elements(pair), ids.count == 2 else { throw fault("has a key without a value") }
                    result += ids
                }
            }
        }
        return result
    }

    /// The bytes of a text, or of bytes; `latin1` is what protocol 2 writes bytes in.
    private mutating func encoded(_ arguments: [NodeID]) throws -> [UInt8] {
        guard let first = arguments.first else { return [] }
        switch self[first] {
        case .text(let text):
            try charge(text.utf8.count)
            return text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
        case .bytes(let bytes):
            try charge(bytes.count)
            return bytes
        default:
            guard let ids = elements(first) else { return [] }
            try charge(ids.count)
            return ids.map { id in
                if case .integer(let number) = self[id] { UInt8(truncatingIfNeeded: number) } else { 0 }
            }
        }
    }

    /// A NumPy number from its type and bytes.
    private mutating func scalar(_ arguments: [NodeID]) throws -> NodeID {
        guard arguments.count == 2, case .object(let type) = self[arguments[0]], case .bytes(let bytes) = self[arguments[1]],
            let code = type.arguments.first, case .text(let name) = self[code]
        else { throw fault("has a NumPy number without type or value") }
        let types: [String: StoredType] = [
            "f8": .float64, "f4": .float32, "f2": .float16, "i8": .int64, "i4": .int32, "i2": .int16, "i1": .int8,
            "u1": .uint8, "b1": .bool,
        ]
        guard let stored = types[name], bytes.count == stored.size else { return make(.text("a NumPy number of type \(name)")) }
        let value = bytes.withUnsafeBytes { stored.double(in: $0, at: 0) }
        switch stored {
        case .bool: return make(.bool(value != 0))
        case .float64, .float32, .float16, .bfloat16: return make(.number(value))
        default: return make(.integer(Int(exactly: value) ?? 0))
        }
    }
}

extension PickleCall {
    fileprivate var isTensor: Bool {
        switch self {
        case .tensor, .tensorOfStorage: true
        default: false
        }
    }
}
