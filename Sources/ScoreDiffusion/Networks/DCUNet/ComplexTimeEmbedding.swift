import Foundation
import NeuralCore

/// Features of diffusion time and the complex layers that all blocks share.
struct ComplexTimeEmbedding: Layer {
    var fourier: FourierTimeEmbedding?
    var layers: [ComplexLinear]
    let settings: DCUNetConfiguration

    init(_ settings: DCUNetConfiguration, using rng: inout Philox) {
        self.settings = settings
        let size = settings.embeddingSize
        if settings.timeEmbedding == .fourier {
            fourier = FourierTimeEmbedding(
                count: settings.embedsComplex ? size : size / 2, scale: settings.fourierScale, using: &rng)
        }
        layers = (0..<settings.globalEmbeddingLayers).map { _ in ComplexLinear(size, size, using: &rng) }
    }

    /// `[times, embeddingSize]`.
    func callAsFunction(_ times: [Double]) -> ComplexTensor {
        layers.reduce(features(of: times)) { features, layer in layer(features).map { settings.embeddingActivation($0) } }
    }

    private func features(of times: [Double]) -> ComplexTensor {
        let size = settings.embeddingSize, count = settings.embedsComplex ? size : size / 2
        let sinesAndCosines = fourier?.features(of: times) ?? Self.steps(times, count: count)
        guard settings.embedsComplex else {
            return ComplexTensor(real: sinesAndCosines, imaginary: .zeros([times.count, size]))
        }
        return ComplexTensor(
            real: sinesAndCosines.sliced(axis: 1, count..<2 * count),
            imaginary: sinesAndCosines.sliced(axis: 1, 0..<count))
    }

    /// `[sin p, cos p]` for frequencies from 1 to 10⁴.
    private static func steps(_ times: [Double], count: Int) -> Tensor {
        let frequencies = (0..<count).map { pow(10, 4 * Double($0) / Double(max(count - 1, 1))) }
        let rows = times.flatMap { time in
            frequencies.map { Float(sin(time * $0)) } + frequencies.map { Float(cos(time * $0)) }
        }
        return Tensor(rows, shape: [times.count, 2 * count])
    }

    /// The features are part 0 of the published sequence; its activations count as parts as well.
    mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("0", &fourier)
        for index in layers.indices { try visitor.visit("\(1 + 2 * index)", &layers[index]) }
    }
}

/// The layers by which one encoder or decoder makes the time its own.
struct LocalTimeEmbedding: Layer {
    var layers: [ComplexLinear]
    var output: ComplexLinear
    let activation: DCUNetConfiguration.Nonlinearity

    init(_ settings: DCUNetConfiguration, channels: Int, using rng: inout Philox) {
        let size = settings.embeddingSize
        layers = (0..<max(0, settings.localEmbeddingLayers - 1)).map { _ in ComplexLinear(size, size, using: &rng) }
        output = ComplexLinear(size, channels, using: &rng)
        activation = settings.embeddingActivation
    }

    /// `[batch, embeddingSize]` to a shift of every channel, `[batch, channels, 1, 1]`.
    func callAsFunction(_ embedding: ComplexTensor) -> ComplexTensor {
        let hidden = layers.reduce(embedding) { hidden, layer in layer(hidden).map { activation($0) } }
        return output(hidden).map { activation($0).reshaped($0.shape + [1, 1]) }
    }

    mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        for index in layers.indices { try visitor.visit("\(2 * index)", &layers[index]) }
        let outer = visitor.path
        visitor.path += "\(2 * layers.count)."
        defer { visitor.path = outer }
        try visitor.visit("dense", &output)
    }
}
