import Foundation

extension Fixture {
    /// The sets of music whose folders have one of these names.
    public static func music(_ names: String...) -> [Fixture] {
        let sets = all(in: "music").filter { names.contains($0.folder.lastPathComponent) }
        precondition(!sets.isEmpty, "There is no reference set \(names).")
        return sets
    }

    /// `[a][b][c]` of whole numbers.
    public func tokens(_ name: String) throws -> [[[Int32]]] {
        let shape = try shape(name), values = try floats(name).map { Int32($0) }
        return (0..<shape[0]).map { a in
            (0..<shape[1]).map { b in
                let start = (a * shape[1] + b) * shape[2]
                return Array(values[start..<start + shape[2]])
            }
        }
    }

    /// `[a][b]` of whole numbers.
    public func table(_ name: String) throws -> [[Int]] {
        let shape = try shape(name), values = try floats(name).map { Int($0) }
        return (0..<shape[0]).map { Array(values[$0 * shape[1]..<($0 + 1) * shape[1]]) }
    }
}
