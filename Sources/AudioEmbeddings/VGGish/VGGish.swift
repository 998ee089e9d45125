import NeuralCore

/// The network VGGish: six 3×3 convolutions with four poolings, and three dense layers.
///
/// The names are those of torchvggish: `features.0.weight`, … `embeddings.4.bias`. Widths follow from the weights; the
/// published network has 64, 128, 256, 256, 512 and 512 channels and gives 128 values.
///
/// S. Hershey et al., "CNN architectures for large-scale audio classification", 2017.
public struct VGGish: Layer {
    public private(set) var convolutions: [Conv2D]
    public private(set) var dense: [Linear]

    /// The convolutions' places in the published sequence, and which are followed by a pooling.
    static let places: [(index: Int, pools: Bool)] = [(0, true), (3, true), (6, false), (8, true), (11, false), (13, true)]
    static let densePlaces = [0, 2, 4]

    /// Values in an embedding.
    public var dimension: Int { dense[2].weight.shape[0] }

    /// - Throws: `CheckpointError` naming every tensor that is missing or of a shape that does not fit the others.
    public init(weights: some TensorSource) throws {
        func shape(_ name: String, rank: Int) throws -> [Int] {
            let shape = try weights.shape(name)
            guard shape.count == rank, shape.allSatisfy({ (1...1 << 20).contains($0) }) else {
                throw CheckpointError.mismatch(
                    path: weights.path, faults: ["\(name) is \(shape), which has not \(rank) axes"])
            }
            return shape
        }
        var channels = 1
        convolutions = try Self.places.map { place in
            let outputs = try shape("features.\(place.index).weight", rank: 4)[0]
            defer { channels = outputs }
            return Conv2D(weight: .zeros([outputs, channels, 3, 3]), bias: .zeros([outputs]), padding: 1)
        }
        var inputs = channels * (VGGishFeatures.frameCount / 16) * (VGGishFeatures.bandCount / 16)
        dense = try Self.densePlaces.map { index in
            let outputs = try shape("embeddings.\(index).weight", rank: 2)[0]
            defer { inputs = outputs }
            return Linear(weight: .zeros([outputs, inputs]), bias: .zeros([outputs]))
        }
        try load(from: RenamedTensors(weights) { $0.hasPrefix("features.") || $0.hasPrefix("embeddings.") ? $0 : nil })
    }

    /// What the convolutions make of examples `[count, 96, 64]`: `[count, channels, 6, 4]`.
    func features(_ examples: Tensor) -> Tensor {
        zip(convolutions, Self.places).reduce(examples.expanded(at: 1)) { input, layer in
            let output = relu(layer.0(input))
            return layer.1.pools ? Self.pooled(output) : output
        }
    }

    /// Embeddings of examples `[count, 96, 64]`: `[count, dimension]`, before any last activation and post-processing.
    public func callAsFunction(_ examples: Tensor) -> Tensor {
        // Flattened with the channels last, as the original's weights expect.
        let flat = features(examples).transposed([0, 2, 3, 1]).reshaped([examples.shape[0], -1])
        return dense[2](relu(dense[1](relu(dense[0](flat)))))
    }

    public mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        for (index, place) in Self.places.enumerated() { try visitor.visit("features.\(place.index)", &convolutions[index]) }
        for (index, place) in Self.densePlaces.enumerated() { try visitor.visit("embeddings.\(place)", &dense[index]) }
    }

    /// The largest value of each 2×2 square of `[count, channels, height, width]`.
    private static func pooled(_ input: Tensor) -> Tensor {
        let (height, width) = (input.shape[2] / 2, input.shape[3] / 2)
        return input.reshaped([input.shape[0], input.shape[1], height, 2, width, 2]).max(axes: [3, 5])
    }
}
