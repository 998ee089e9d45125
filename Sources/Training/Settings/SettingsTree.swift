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
