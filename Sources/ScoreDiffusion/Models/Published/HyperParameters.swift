import NeuralCore

/// Settings under the names of the published program; what is absent or null takes the published default.
///
/// Unknown names are ignored: checkpoints carry many that only training needs.
public struct HyperParameters: Sendable, Equatable {
    public let values: JSONObject

    public init(_ values: JSONObject) { self.values = values }

    func value(_ name: String) -> JSONValue? {
        guard let value = values[name], !value.isNull else { return nil }
        return value
    }

    private func fault(_ name: String, _ value: JSONValue, _ wanted: String) -> ScoreDiffusionError {
        .invalidSetting(name: name, value: String(value.text.prefix(80)), wanted: wanted)
    }

    func int(_ name: String, _ standard: Int, in range: ClosedRange<Int>) throws -> Int {
        guard let value = value(name) else { return standard }
        guard let number = value.int, range.contains(number) else {
            throw fault(name, value, "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func ints(_ name: String, _ standard: [Int], in range: ClosedRange<Int>) throws -> [Int] {
        guard let value = value(name) else { return standard }
        guard let numbers = value.ints, numbers.count <= 64, numbers.allSatisfy(range.contains) else {
            throw fault(name, value, "a list of whole numbers from \(range.lowerBound) to \(range.upperBound)")
        }
        return numbers
    }

    func double(_ name: String, _ standard: Double) throws -> Double {
        guard let value = value(name) else { return standard }
        guard let number = value.double, number.isFinite else { throw fault(name, value, "a number") }
        return number
    }

    func bool(_ name: String, _ standard: Bool) throws -> Bool {
        guard let value = value(name) else { return standard }
        guard let answer = value.bool else { throw fault(name, value, "true or false") }
        return answer
    }

    func string(_ name: String) throws -> String? {
        guard let value = value(name) else { return nil }
        guard let text = value.string else { throw fault(name, value, "a text") }
        return text
    }

    /// What a text stands for; numbers count as their text.
    func choice<Choice>(_ name: String, _ choices: KeyValuePairs<String, Choice>, _ standard: Choice) throws -> Choice {
        guard let value = value(name) else { return standard }
        let text = value.string ?? value.text
        guard let choice = choices.first(where: { $0.key == text })?.value else {
            throw fault(name, value, "one of " + choices.map(\.key).joined(separator: ", "))
        }
        return choice
    }
}
