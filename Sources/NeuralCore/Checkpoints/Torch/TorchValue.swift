/// What can be written into a PyTorch checkpoint.
public enum TorchValue: Sendable {
    case none
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case text(String)
    case list([TorchValue])
    /// A dictionary with texts as keys, in their order.
    case dictionary([(String, TorchValue)])
    case tensor(Tensor)
    /// The name of a class, for programs that look it up themselves.
    case name(module: String, name: String)

    /// Settings as they are.
    public init(_ json: JSONValue) {
        switch json {
        case .null: self = .none
        case .bool(let value): self = .bool(value)
        case .integer(let value): self = .integer(value)
        case .number(let value): self = .number(value)
        case .string(let value): self = .text(value)
        case .array(let values): self = .list(values.map(TorchValue.init))
        case .object(let object): self = .dictionary(object.keys.map { ($0, TorchValue(object[$0] ?? .null)) })
        }
    }
}
