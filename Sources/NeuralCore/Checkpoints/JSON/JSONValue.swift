/// A JSON document as a value: what the header of a checkpoint and the settings of a model are read into.
///
/// ```swift
/// let settings = try JSONValue(parsing: #"{"steps": 30, "kernel": [1, 3, 3, 1]}"#)
/// settings["steps"].int          // 30
/// settings["kernel"].doubles     // [1, 3, 3, 1]
/// settings["absent"]             // .null
/// ```
public enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    /// A number written without fraction or exponent that fits in `Int`.
    case integer(Int)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    /// The member called `key`, `.null` when there is none or this is no object.
    public subscript(key: String) -> JSONValue {
        guard case .object(let object) = self else { return .null }
        return object[key] ?? .null
    }

    /// The element at `index`, `.null` when there is none or this is no array.
    public subscript(index: Int) -> JSONValue {
        guard case .array(let elements) = self, elements.indices.contains(index) else { return .null }
        return elements[index]
    }

    public var isNull: Bool { self == .null }

    public var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The number, when it is a whole one.
    public var int: Int? {
        switch self {
        case .integer(let value): value
        case .number(let value): Int(exactly: value)
        default: nil
        }
    }

    public var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    public var float: Float? { double.map { Float($0) } }

    public var string: String? {
        if case .string(let value) = self { value } else { nil }
    }

    public var array: [JSONValue]? {
        if case .array(let value) = self { value } else { nil }
    }

    public var object: JSONObject? {
        if case .object(let value) = self { value } else { nil }
    }

    /// The elements, when this is an array of whole numbers only.
    public var ints: [Int]? { elements(\.int) }

    /// The elements, when this is an array of numbers only.
    public var doubles: [Double]? { elements(\.double) }

    /// The elements, when this is an array of texts only.
    public var strings: [String]? { elements(\.string) }

    private func elements<Element>(_ convert: (JSONValue) -> Element?) -> [Element]? {
        guard case .array(let values) = self else { return nil }
        let converted = values.compactMap(convert)
        return converted.count == values.count ? converted : nil
    }
}

/// The members of a JSON object, in the order of the text.
public struct JSONObject: Sendable, Equatable {
    /// The names, each once.
    public private(set) var keys: [String] = []
    private var values: [String: JSONValue] = [:]

    public init() {}

    public subscript(key: String) -> JSONValue? { values[key] }

    /// Adds a member; returns false, changing nothing, when the name is taken.
    public mutating func append(_ key: String, _ value: JSONValue) -> Bool {
        guard values[key] == nil else { return false }
        keys.append(key)
        values[key] = value
        return true
    }
}

extension JSONObject {
    /// The same members, last first.
    var reversed: JSONObject {
        var result = self
        result.keys.reverse()
        return result
    }
}
