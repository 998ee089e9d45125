import NeuralCore

/// Reads settings by their names and refuses what a network cannot have.
package struct ConfigurationReader {
    package let settings: JSONValue
    /// What errors call the file.
    package let path: String
    /// What stands before the names in errors.
    package var prefix = ""

    package init(settings: JSONValue, path: String, prefix: String = "") {
        (self.settings, self.path, self.prefix) = (settings, path, prefix)
    }

    /// The settings of a part.
    package func part(_ name: String) throws -> ConfigurationReader {
        guard settings[name].object != nil else { throw fault(name, "is missing") }
        return ConfigurationReader(settings: settings[name], path: path, prefix: prefix + name + ".")
    }

    package func int(_ name: String, _ range: ClosedRange<Int>, default standard: Int? = nil) throws -> Int {
        let value = settings[name]
        if value.isNull, let standard { return standard }
        guard let int = value.int else { throw fault(name, value.isNull ? "is missing" : "is no whole number") }
        guard range.contains(int) else { throw fault(name, "is \(int), and \(range.lowerBound) to \(range.upperBound) are possible") }
        return int
    }

    package func float(_ name: String, default standard: Float) throws -> Float {
        let value = settings[name]
        if value.isNull { return standard }
        guard let float = value.float, float.isFinite, float >= 0 else { throw fault(name, "is no number from 0 on") }
        return float
    }

    package func bool(_ name: String, default standard: Bool) throws -> Bool {
        let value = settings[name]
        if value.isNull { return standard }
        guard let bool = value.bool else { throw fault(name, "is neither true nor false") }
        return bool
    }

    package func string(_ name: String, default standard: String) throws -> String {
        let value = settings[name]
        if value.isNull { return standard }
        guard let string = value.string else { throw fault(name, "is no text") }
        return string
    }

    package func fault(_ name: String, _ reason: String) -> ModelError {
        .invalidSettings(path: path, reason: "\"\(prefix)\(name)\" \(reason)")
    }
}
