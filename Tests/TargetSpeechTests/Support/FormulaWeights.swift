import NeuralCore
import Testing

/// Parameters whose values are a formula of a seed: `offset + scale · v`, `v` uniform in ±1 by SplitMix64.
struct FormulaWeights: TensorSource {
    let path = "weights by formula"
    private(set) var names: [String] = []
    private var rows: [String: (shape: [Int], seed: UInt64, offset: Double, scale: Double)] = [:]

    /// - Parameter list: `[name, shape, seed, offset, scale]` for each parameter.
    init(_ list: JSONValue) throws {
        for row in try #require(list.array) where row[0].string?.hasPrefix("deconv.") == false {
            let name = try #require(row[0].string), seed = try #require(row[2].int)
            names.append(name)
            rows[name] = (
                try #require(row[1].ints), UInt64(seed), try #require(row[3].double), try #require(row[4].double)
            )
        }
    }

    static func value(seed: UInt64, index: Int) -> Double {
        var z = seed &+ UInt64(index + 1) &* 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return Double((z ^ (z >> 31)) >> 40) / Double(1 << 23) - 1
    }

    func contains(_ name: String) -> Bool { rows[name] != nil }
    func shape(_ name: String) throws -> [Int] { try #require(rows[name]).shape }

    func tensor(_ name: String) throws -> Tensor {
        let row = try #require(rows[name])
        return Tensor(shape: row.shape) { buffer in
            for index in buffer.indices {
                buffer[index] = Float(row.offset + row.scale * Self.value(seed: row.seed, index: index))
            }
        }
    }
}
