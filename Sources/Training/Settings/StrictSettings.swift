import Foundation

/// Reads and writes settings strictly: unknown keys and wrong types are named, absent keys keep their default.
package enum StrictSettings {
    package static func decode<Value: Codable>(_ data: Data, over defaults: Value) throws -> Value {
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

    /// The settings of a file over the defaults, if `validate` lets them pass.
    ///
    /// - Throws: ``TrainingError`` naming the file and the key that is unknown, of the wrong type or out of range.
    package static func read<Value: Codable>(
        _ path: String, over defaults: Value, validate: (Value) throws -> Void
    ) throws -> Value {
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            let reason = FileManager.default.fileExists(atPath: path) ? error.localizedDescription : "there is no such file"
            throw TrainingError.unreadableConfiguration(path: path, reason: reason)
        }
        do {
            let result = try decode(data, over: defaults)
            try validate(result)
            return result
        } catch TrainingError.unreadableConfiguration(_, let reason) {
            throw TrainingError.unreadableConfiguration(path: path, reason: reason)
        } catch let error as any LocalizedError {
            throw TrainingError.unreadableConfiguration(path: path, reason: error.localizedDescription)
        }
    }

    private static func value<Value: Decodable>(of tree: SettingsTree) throws -> Value {
        try JSONDecoder().decode(Value.self, from: JSONEncoder().encode(tree))
    }

    package static func encode(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        return try encoder.encode(value)
    }

    package static func differences<Value: Codable>(_ left: Value, _ right: Value) throws -> [String] {
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
