/// A value of a pickle: numbers, texts, containers, tensors, and names of classes as inert text.
///
/// ```swift
/// let settings = checkpoint.root["hyper_parameters"]
/// settings["backbone"].string            // "ncsnpp"
/// settings["data_module_cls"].json()     // .string("sgmse.data_module.SpecsDataModule")
/// settings["absent"].isNone              // true
/// ```
public struct PickleValue: Sendable {
    private let graph: PickleGraph
    private let id: NodeID?

    init(_ graph: PickleGraph) { (self.graph, id) = (graph, graph.root) }

    private init(_ graph: PickleGraph, _ id: NodeID?) { (self.graph, self.id) = (graph, id) }

    var node: PickleNode { id.map { graph.nodes[Int($0)] } ?? .none }

    public var isNone: Bool {
        if case .none = node { true } else { false }
    }

    public var bool: Bool? {
        if case .bool(let value) = node { value } else { nil }
    }

    public var int: Int? {
        if case .integer(let value) = node { value } else { nil }
    }

    public var double: Double? {
        switch node {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    public var string: String? {
        if case .text(let value) = node { value } else { nil }
    }

    public var tensor: TorchTensor? {
        if case .tensor(let value) = node { value } else { nil }
    }

    /// The dotted name, when this is a class or function that is only named.
    public var name: String? {
        if case .name(let value) = node { value } else { nil }
    }

    /// The elements of a list, tuple or set.
    public var elements: [PickleValue]? {
        switch node {
        case .tuple(let ids), .list(let ids), .set(let ids): ids.map { PickleValue(graph, $0) }
        default: nil
        }
    }

    /// Keys and values of a dictionary, or of an object's attributes, as they were set.
    public var members: [(key: PickleValue, value: PickleValue)]? {
        switch node {
        case .dictionary(let ids): return pairs(ids)
        case .object(let object):
            let state = object.state.flatMap { PickleValue(graph, $0).dictionary } ?? []
            return pairs(object.members) + pairs(state)
        default: return nil
        }
    }

    /// The member set last under a text; a value that is none when there is no such member.
    public subscript(key: String) -> PickleValue {
        members?.last { $0.key.string == key }?.value ?? PickleValue(graph, nil)
    }

    private var dictionary: [NodeID]? {
        if case .dictionary(let ids) = node { ids } else { nil }
    }

    private func pairs(_ ids: [NodeID]) -> [(key: PickleValue, value: PickleValue)] {
        stride(from: 0, to: ids.count - 1, by: 2).map { (PickleValue(graph, ids[$0]), PickleValue(graph, ids[$0 + 1])) }
    }
}

extension PickleValue {
    /// The value as settings: numbers, texts and containers. Names, tensors and other things become texts that
    /// describe them, and so does what lies deeper than 32 levels or beyond the first hundred thousand values.
    public func json() -> JSONValue {
        var left = 100_000
        return json(depth: 0, &left)
    }

    private func json(depth: Int, _ left: inout Int) -> JSONValue {
        left -= 1
        guard depth < 32, left > 0 else { return .string("…") }
        if let members {
            var result = JSONObject()
            for (key, value) in members.reversed() {
                _ = result.append(key.keyText, value.json(depth: depth + 1, &left))
                if left <= 0 { break }
            }
            return .object(result.reversed)
        }
        switch node {
        case .none: return .null
        case .bool(let value): return .bool(value)
        case .integer(let value): return .integer(value)
        case .number(let value): return .number(value)
        case .text(let value): return .string(value)
        case .tuple(let ids), .list(let ids), .set(let ids):
            var elements: [JSONValue] = []
            for id in ids where left > 0 { elements.append(PickleValue(graph, id).json(depth: depth + 1, &left)) }
            return .array(elements)
        default: return .string(keyText)
        }
    }

    /// A few words for what cannot be written as a number or a container.
    private var keyText: String {
        switch node {
        case .none: "None"
        case .bool(let value): value ? "True" : "False"
        case .integer(let value): "\(value)"
        case .number(let value): "\(value)"
        case .text(let value), .name(let value): value
        case .largeInteger(let digits): "0x\(digits)"
        case .bytes(let bytes): "\(bytes.count) bytes"
        case .object(let object): object.className
        case .tensor(let tensor): "tensor \(tensor.shape)"
        case .storage(let storage): storage.typeName
        case .tuple, .list, .set, .dictionary: "container"
        }
    }
}
