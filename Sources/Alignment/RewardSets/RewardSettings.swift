import Foundation
import Yams

/// The settings of one reward in a file, with the file's name in what is wrong with them.
public final class RewardSettings {
    private let values: [String: Node]
    let file: String
    private let place: String
    private let context: RewardContext
    private var used: Set<String> = []

    /// - Parameter place: where in the file, as "reward 2".
    init(_ node: Node, file: String, place: String, context: RewardContext) throws {
        guard case .mapping(let mapping) = node else {
            throw AlignmentError.invalidFile(path: file, reason: "\(place) is no list of settings")
        }
        var values: [String: Node] = [:]
        for (key, value) in mapping {
            guard let name = key.string else {
                throw AlignmentError.invalidFile(path: file, reason: "\(place) has a setting without a name")
            }
            values[name] = value
        }
        (self.values, self.file, self.place, self.context) = (values, file, place, context)
    }

    /// The settings of a reward that is named on the command line.
    init(named name: String, context: RewardContext) {
        (values, file, place, self.context) = ([:], name, name, context)
    }

    func fault(_ key: String, _ reason: String) -> AlignmentError { .invalidFile(path: file, reason: "\(place): \(key) \(reason)") }

    func node(_ key: String) -> Node? {
        used.insert(key)
        return values[key]
    }

    func text(_ key: String) throws -> String? {
        guard let node = node(key) else { return nil }
        guard case .scalar(let scalar) = node, !scalar.string.isEmpty else { throw fault(key, "must be a text") }
        return scalar.string
    }

    func number(_ key: String) throws -> Double? {
        guard let node = node(key) else { return nil }
        guard case .scalar(let scalar) = node, let value = Double(scalar.string), value.isFinite else {
            throw fault(key, "must be a number")
        }
        return value
    }

    func wholeNumber(_ key: String, in range: ClosedRange<Int>) throws -> Int? {
        guard let value = try number(key) else { return nil }
        guard let whole = Int(exactly: value), range.contains(whole) else {
            throw fault(key, "must be a whole number from \(range.lowerBound) to \(range.upperBound), not \(value)")
        }
        return whole
    }

    func flag(_ key: String) throws -> Bool? {
        guard let node = node(key) else { return nil }
        guard let value = node.bool else { throw fault(key, "must be true or false") }
        return value
    }

    func numbers(_ key: String) throws -> [Double]? {
        guard let node = node(key) else { return nil }
        guard case .sequence(let sequence) = node else { throw fault(key, "must be a list of numbers") }
        return try sequence.map { element in
            guard case .scalar(let scalar) = element, let value = Double(scalar.string), value.isFinite else {
                throw fault(key, "must be a list of numbers")
            }
            return value
        }
    }

    /// Another part of the file.
    func settings(_ key: String) throws -> RewardSettings? {
        try node(key).map { try RewardSettings($0, file: file, place: "\(place): \(key)", context: context) }
    }

    /// A path, by the file's folder unless it begins with a slash; `reference` has the command's default.
    func path(_ key: String) throws -> String? {
        guard let text = try text(key) else { return key == "reference" ? context.defaults.reference : nil }
        return located(text)
    }

    private func located(_ path: String) -> String {
        path.hasPrefix("/") ? path : URL(fileURLWithPath: file).deletingLastPathComponent().appendingPathComponent(path).path
    }

    /// An encoder's name; one with a slash is a path, by the file's folder.
    func encoder() throws -> String? { try text("encoder").map(encoder(named:)) }

    /// Several encoders, for what takes more than one.
    func encoders() throws -> [String]? {
        guard let node = node("encoders") else { return nil }
        guard case .sequence(let sequence) = node, !sequence.isEmpty else { throw fault("encoders", "must be a list of encoders") }
        return try sequence.map { element in
            guard case .scalar(let scalar) = element, !scalar.string.isEmpty else { throw fault("encoders", "must be a list of encoders") }
            return encoder(named: scalar.string)
        }
    }

    private func encoder(named name: String) -> String { name.contains("/") ? located(name) : name }

    func requiredPath(_ key: String) throws -> String {
        guard let path = try path(key) else {
            throw fault(
                key, "is missing: name a folder of recordings or a .txt file of captions (--reference on the command line)")
        }
        return path
    }

    /// What the reward is to be called.
    func label(_ standard: String) throws -> String { try text("name") ?? standard }

    /// Refuses settings that nothing has asked for.
    func refuseOthers() throws {
        let unknown = values.keys.filter { !used.contains($0) }.sorted()
        if let first = unknown.first { throw fault(first, "is unknown there") }
    }
}
