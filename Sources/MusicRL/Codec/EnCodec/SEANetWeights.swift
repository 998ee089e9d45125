import NeuralCore

/// Names and shapes of the tensors that a list of layers has.
enum SEANetWeights {
    typealias Named = (name: String, shape: [Int])

    static func expected(by layers: [SEANetLayer], prefix: String) -> [Named] {
        layers.enumerated().flatMap { expected(by: $1, name: "\(prefix)\($0)") }
    }

    private static func expected(by layer: SEANetLayer, name: String) -> [Named] {
        switch layer {
        case .activation: []
        case .convolution(let convolution): expected(by: convolution, name: name)
        case .recurrent(let size, let layers):
            (0..<layers).flatMap { layer in
                [
                    ("\(name).lstm.weight_ih_l\(layer)", [4 * size, size]), ("\(name).lstm.weight_hh_l\(layer)", [4 * size, size]),
                    ("\(name).lstm.bias_ih_l\(layer)", [4 * size]), ("\(name).lstm.bias_hh_l\(layer)", [4 * size]),
                ]
            }
        case .residual(let block, let shortcut):
            expected(by: block, prefix: name + ".block.") + (shortcut.map { expected(by: $0, name: name + ".shortcut") } ?? [])
        }
    }

    private static func expected(by convolution: SEANetConvolution, name: String) -> [Named] {
        [(name + ".conv.weight", convolution.weightShape), (name + ".conv.bias", [convolution.outputs])]
    }

    /// Holds names and shapes against those of a file before any number is read.
    ///
    /// - Throws: `CheckpointError.mismatch` naming every tensor that is missing, unexpected or of another shape.
    static func check(_ source: some TensorSource, against expected: [Named]) throws {
        var faults: [String] = []
        for (name, shape) in expected {
            guard source.contains(name) else {
                faults.append("\(name) \(shape) is missing")
                continue
            }
            let found = try source.shape(name)
            if found != shape { faults.append("\(name) is \(found) instead of \(shape)") }
        }
        let known = Set(expected.map(\.name))
        for name in source.names where !known.contains(name) {
            faults.append("\(name) \((try? source.shape(name)) ?? []) is not part of the model")
        }
        guard faults.isEmpty else { throw CheckpointError.mismatch(path: source.path, faults: faults) }
    }
}

/// Makes streams of layers with the weights of a file, which has been checked.
struct SEANetBuilder {
    let configuration: EnCodecConfiguration
    let source: any TensorSource

    func sequence(_ layers: [SEANetLayer], prefix: String) throws -> StreamSequence {
        StreamSequence(streams: try layers.enumerated().map { try stream($1, name: "\(prefix)\($0)") })
    }

    private func stream(_ layer: SEANetLayer, name: String) throws -> any TimeStream {
        switch layer {
        case .activation: return ELUStream()
        case .recurrent(let size, let layers):
            var random = Philox(seed: 0)
            var lstm = LSTM(inputSize: size, hiddenSize: size, layers: layers, using: &random)
            try lstm.load(from: source, prefix: name + ".lstm.")
            for (part, tensor) in lstm.namedParameters() where !tensor.isFinite {
                throw CodecError.weightNotFinite(path: source.path, name: "\(name).lstm.\(part)")
            }
            return RecurrentStream(lstm)
        case .residual(let block, let shortcut):
            return ResidualStream(
                block: try sequence(block, prefix: name + ".block."),
                shortcut: try shortcut.map { try convolution($0, name: name + ".shortcut") })
        case .convolution(let layer) where layer.isTransposed:
            let padding = layer.padding(configuration)
            return TransposedConvolutionStream(
                weight: try tensor(name + ".conv.weight"), bias: try tensor(name + ".conv.bias"), stride: layer.stride,
                left: padding.left, right: padding.right)
        case .convolution(let layer): return try convolution(layer, name: name)
        }
    }

    private func convolution(_ layer: SEANetConvolution, name: String) throws -> ConvolutionStream {
        let padding = layer.padding(configuration)
        return ConvolutionStream(
            weight: try tensor(name + ".conv.weight"), bias: try tensor(name + ".conv.bias"), stride: layer.stride,
            dilation: layer.dilation, left: padding.left, right: padding.right, edges: configuration.edges)
    }

    /// A tensor, all of whose values are numbers.
    func tensor(_ name: String) throws -> Tensor {
        let tensor = try source.tensor(name)
        guard tensor.isFinite else { throw CodecError.weightNotFinite(path: source.path, name: name) }
        return tensor
    }
}

extension Tensor {
    var isFinite: Bool { withUnsafeBuffer { $0.allSatisfy(\.isFinite) } }
}
