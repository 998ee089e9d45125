import Foundation
import NeuralCore

/// Tensors of a source in which weights may be given as a direction and a length: w = g · v / ‖v‖, the norm being over
/// all axes but the first. Such a pair appears here as the one tensor that it stands for.
///
/// Both of PyTorch's ways to name them are understood: `weight_g` and `weight_v`, and since version 2
/// `parametrizations.weight.original0` and `original1`.
///
/// T. Salimans and D. Kingma, "Weight normalization", NeurIPS 2016.
struct WeightNormalizedTensors: TensorSource {
    private struct Pair {
        var length: String, direction: String
    }

    private static let namings = [("weight_g", "weight_v"), ("parametrizations.weight.original0", "parametrizations.weight.original1")]

    private let source: any TensorSource
    private var pairs: [String: Pair] = [:]
    private(set) var names: [String] = []

    init(_ source: any TensorSource) {
        self.source = source
        for name in source.names {
            if let (weight, pair) = Self.pair(name, in: source) {
                if pairs.updateValue(pair, forKey: weight) == nil { names.append(weight) }
            } else {
                names.append(name)
            }
        }
    }

    /// The weight that a stored tensor is half of.
    private static func pair(_ name: String, in source: any TensorSource) -> (String, Pair)? {
        for (length, direction) in namings {
            for half in [length, direction] where name.hasSuffix("." + half) {
                let base = String(name.dropLast(half.count))
                let pair = Pair(length: base + length, direction: base + direction)
                let isWhole = source.contains(pair.length) && source.contains(pair.direction)
                return isWhole && !source.contains(base + "weight") ? (base + "weight", pair) : nil
            }
        }
        return nil
    }

    var path: String { source.path }
    func contains(_ name: String) -> Bool { pairs[name] != nil || source.contains(name) }

    func shape(_ name: String) throws -> [Int] {
        guard let pair = pairs[name] else { return try source.shape(name) }
        return try source.shape(pair.direction)
    }

    func tensor(_ name: String) throws -> Tensor {
        guard let pair = pairs[name] else { return try source.tensor(name) }
        var weight = try source.tensor(pair.direction)
        let lengths = try source.tensor(pair.length)
        guard let rows = weight.shape.first, rows > 0, lengths.count == rows else {
            throw CheckpointError.mismatch(
                path: path, faults: ["\(pair.length) \(lengths.shape) does not belong to \(pair.direction) \(weight.shape)"])
        }
        let width = weight.count / rows
        weight.withUnsafeMutableBuffer { weight in
            for (row, length) in lengths.values.enumerated() {
                let values = UnsafeMutableBufferPointer(rebasing: weight[row * width..<(row + 1) * width])
                let norm = values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
                let scale = norm > 0 ? Float(Double(length) / norm) : 0
                for index in values.indices { values[index] *= scale }
            }
        }
        return weight
    }
}
