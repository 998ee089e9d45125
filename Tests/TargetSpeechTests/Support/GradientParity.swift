import NeuralCore
import TestSupport
import Testing

/// Tensors under the names that a reference set gives their gradients.
struct NamedGradients {
    private var found: [(name: String, tensor: Tensor)] = []

    /// Differentiates the sum of `outputs · cotangents` with respect to a layer's parameters, named as in the layer, and
    /// to `inputs`, named by `inputNames`.
    init<L: Layer>(
        of layer: L, inputs: [Tensor], inputNames: [String], cotangents: [Tensor], _ body: (L, [Tensor]) throws -> [Tensor]
    ) rethrows {
        self = try Self.init(of: layer, inputs: inputs, inputNames: inputNames) { layer, inputs in
            let terms = zip(try body(layer, inputs), cotangents).map { ($0 * $1).sum() }
            return terms.dropFirst().reduce(terms[0]) { $0 + $1 }
        }
    }

    /// Differentiates a scalar.
    init<L: Layer>(
        of layer: L, inputs: [Tensor], inputNames: [String], loss: (L, [Tensor]) throws -> Tensor
    ) rethrows {
        let model = WithInputs(layer: layer, inputs: Variables(inputs))
        let (_, gradients) = try valueAndGradient(of: model) { try loss($0.layer, $0.inputs.tensors) }
        for (name, tensor) in zip(gradients.names, gradients.tensors) {
            let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
            found.append((parts[0] == "inputs" ? inputNames[Int(parts[1])!] : parts[1], tensor))
        }
    }

    /// Holds every gradient against the set's `prefix` + name: each element within `absolute`, or within `relative` times
    /// the tensor's peak; never less than three thousandths of that for the largest gradient, which is rounding where one
    /// is zero in exact arithmetic.
    func expectClose(
        to fixture: Fixture, prefix: (String) -> String, absolute: Double? = nil, relative: Double = 0,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        func peak(_ tensor: Tensor) -> Double { tensor.values.reduce(0) { max($0, Double(abs($1))) } }
        let largest = try found.map { peak(try fixture.tensor(prefix($0.name))) }.max() ?? 0
        #expect(largest > 0, sourceLocation: sourceLocation)
        for (name, tensor) in found {
            let expected = try fixture.tensor(prefix(name))
            let tolerance = absolute ?? relative * max(peak(expected), 3e-3 * largest)
            TestSupport.expectClose(
                tensor, expected, absolute: tolerance, "gradient of \(name)", sourceLocation: sourceLocation)
        }
    }
}

extension Tensor {
    /// `[batch, features, frames, bins]` as the networks keep it, `[batch, frames, bins, features]`, and back.
    var channelsLast: Tensor { transposed([0, 2, 3, 1]) }
    var channelsFirst: Tensor { transposed([0, 3, 1, 2]) }
}
