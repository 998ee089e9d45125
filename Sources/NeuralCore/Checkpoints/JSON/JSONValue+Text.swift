extension JSONValue {
    /// The document's text without blanks, members in their order. Numbers keep all their digits; JSON has none that
    /// are not finite, so those become null.
    public var text: String {
        switch self {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .integer(let value): "\(value)"
        case .number(let value): value.isFinite ? "\(value)" : "null"
        case .string(let value): Self.quoted(value)
        case .array(let elements): "[" + elements.map(\.text).joined(separator: ",") + "]"
        case .object(let object):
            "{" + object.keys.map { "\(Self.quoted($0)):\((object[$0] ?? .null).text)" }.joined(separator: ",") + "}"
        }
    }

    /// A text in quotation marks.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    /// Of equal keys the first one counts.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self.init()
        for (key, value) in elements { _ = append(key, value) }
    }

    /// The object with a member replaced, or added at the end.
    public func setting(_ key: String, to value: JSONValue) -> JSONObject {
        var result = JSONObject()
        for name in keys { _ = result.append(name, name == key ? value : self[name] ?? .null) }
        _ = result.append(key, value)
        return result
    }
}

extension JSONValue: ExpressibleByStringLiteral {
    public init(stringLiteral value: String) { self = .string(value) }
}

extension JSONValue: ExpressibleByBooleanLiteral {
    public init(booleanLiteral value: Bool) { self = .bool(value) }
}

extension JSONValue: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral members: (String, JSONValue)...) {
        self = .object(members.reduce(JSONObject()) { $0.setting($1.0, to: $1.1) })
    }
}
