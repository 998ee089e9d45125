import NeuralCore

/// The weights of the full-size sets, made by SplitMix64 in counter mode instead of stored.
enum FormulaWeights {
    /// `list` holds `[name, shape, seed, offset, scale]` for each tensor.
    static func tensors(_ list: JSONValue) throws -> [String: Tensor] {
        var tensors: [String: Tensor] = [:]
        for entry in list.array ?? [] {
            guard let fields = entry.array, fields.count == 5, let name = fields[0].string,
                let shape = fields[1].array?.compactMap(\.int), let seed = fields[2].int,
                let offset = fields[3].double, let scale = fields[4].double
            else { throw CheckpointError.damaged(path: "config.json", reason: "a weight has no formula") }
            tensors[name] = Tensor(shape: shape) { buffer in
                for index in buffer.indices { buffer[index] = Float(offset + scale * value(UInt64(seed), index)) }
            }
        }
        return tensors
    }

    /// From -1 to 1.
    static func value(_ seed: UInt64, _ index: Int) -> Double {
        var z = seed &+ (UInt64(index) &+ 1) &* 0x9E37_79B9_7F4A_7C15
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        z ^= z >> 31
        return Double(z >> 40) / 8_388_608 - 1
    }
}
