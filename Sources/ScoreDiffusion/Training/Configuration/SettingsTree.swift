import Foundation

/// A JSON value of unknown shape, for merging a user's settings over the defaults.
enum SettingsTree: Codable, Equatable {
    case null, bool(Bool), integer(Int64), unsigned(UInt64), number(Double), string(String)
    case list([SettingsTree]), object([String: SettingsTree])

    init(from decoder: Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() { self = .null }
        else if let bool = try? value.decode(Bool.self) { self = .bool(bool) }
        else if let integer = try? value.decode(Int64.self) { self = .integer(integer) }
        else if let unsigned = try? value.decode(UInt64.self) { self = .unsigned(unsigned) }
        else if let number = try? value.decode(Double.self) { self = .number(number) }
        else if let string = try? value.decode(String.self) { self = .string(string) }
        else if let list = try? value.decode([SettingsTree].self) { self = .list(list) }
        else { self = .object(try value.decode([String: SettingsTree].self)) }
    }

    func encode(to encoder: Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let bool): try container.encode(bool)
        case .integer(let integer): try container.encode(integer)
        case .unsigned(let unsigned): try container.encode(unsigned)
        case .number(let number): try container.encode(number)
        case .string(let string): try container.encode(string)
        case .list(let list): try container.encode(list)
        case .object(let object): try container.encode(object)
        }
    }

    /// These settings with the user's on top.
    ///
    /// - Throws: ``TrainingError/unknownSettings(_:known:)`` naming every key that the defaults lack.
    func merged(with user: SettingsTree, at path: String = "") throws -> SettingsTree {
        guard case .object(var known) = self, case .object(let given) = user else { return user }
        let unknown = given.keys.filter { known[$0] == nil }.sorted()
        guard unknown.isEmpty else {
            throw TrainingError.unknownSettings(unknown.map { path + $0 }, known: known.keys.sorted())
        }
        for (key, value) in given { known[key] = try known[key]?.merged(with: value, at: path + key + ".") }
        return .object(known)
    }

    /// Every value that is no object: its path, and a tree with it alone.
    func leaves(at path: String = "") -> [(path: String, alone: SettingsTree)] {
        guard case .object(let members) = self else { return [(path, self)] }
        return members.sorted { $0.key < $1.key }.flatMap { key, value in
            value.leaves(at: path.isEmpty ? key : path + "." + key).map { ($0.path, .object([key: $0.alone])) }
        }
    }

    /// The paths of all values that differ.
    func differences(from other: SettingsTree, at path: String = "") -> [String] {
        guard case .object(let mine) = self, case .object(let theirs) = other else {
            return self == other ? [] : [path.isEmpty ? "everything" : path]
        }
        return Set(mine.keys).union(theirs.keys).sorted().flatMap { key -> [String] in
            let name = path.isEmpty ? key : path + "." + key
            guard let left = mine[key], let right = theirs[key] else { return [name] }
            return left.differences(from: right, at: name)
        }
    }
}

/// Reads and writes settings strictly: unknown keys and wrong types are named, absent keys keep their default.
enum StrictSettings {
    static func decode<Value: Codable>(_ data: Data, over defaults: Value) throws -> Value {
        let user: SettingsTree
        do {
            user = try JSONDecoder().decode(SettingsTree.self, from: data)
        } catch DecodingError.dataCorrupted(let context) {
            let detail = (context.underlyingError as NSError?)?.userInfo["NSDebugDescription"] as? String
            throw TrainingError.unreadableConfiguration(path: "", reason: "it is not JSON: \(detail ?? context.debugDescription)")
        }
        guard case .object = user else {
            throw TrainingError.unreadableConfiguration(path: "", reason: "it is not a JSON object")
        }
        let known = try JSONDecoder().decode(SettingsTree.self, from: encode(defaults))
        let tree = try known.merged(with: user)
        do {
            return try value(of: tree)
        } catch DecodingError.typeMismatch(let type, let context) {
            throw TrainingError.wrongSettingType(name(of: context.codingPath), expected: describe(type))
        } catch DecodingError.dataCorrupted(let context) where context.codingPath.isEmpty {
            // Numbers that do not fit their type are reported without their path.
            let culprit = user.leaves().first { leaf in
                (try? known.merged(with: leaf.alone)).flatMap { try? value(of: $0) as Value } == nil
            }
            throw TrainingError.wrongSettingType(culprit?.path ?? "", expected: "a value of its default's kind, in range")
        } catch DecodingError.dataCorrupted(let context) {
            throw TrainingError.wrongSettingType(name(of: context.codingPath), expected: "a valid value (\(context.debugDescription))")
        } catch DecodingError.valueNotFound(let type, let context) {
            throw TrainingError.wrongSettingType(name(of: context.codingPath), expected: describe(type))
        }
    }

    private static func value<Value: Decodable>(of tree: SettingsTree) throws -> Value {
        try JSONDecoder().decode(Value.self, from: JSONEncoder().encode(tree))
    }

    static func encode(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        return try encoder.encode(value)
    }

    static func differences<Value: Codable>(_ left: Value, _ right: Value) throws -> [String] {
        let trees = try [left, right].map { try JSONDecoder().decode(SettingsTree.self, from: encode($0)) }
        return trees[0].differences(from: trees[1])
    }

    private static func name(of path: [CodingKey]) -> String {
        path.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".").replacingOccurrences(of: ".[", with: "[")
    }

    private static func describe(_ type: Any.Type) -> String {
        switch type {
        case is Bool.Type: "true or false"
        case is String.Type: "a text"
        case is Int.Type, is UInt64.Type, is Int64.Type: "a whole number"
        case is Float.Type, is Double.Type: "a number"
        default: "\(type)".hasPrefix("Array") ? "a list" : "an object or list of the documented form"
        }
    }
}
