import Foundation
import NeuralCore

/// Random Fourier features of the logarithm of diffusion time (Tancik et al. 2020; Song et al. 2021).
///
/// The frequencies `W` are drawn once and never trained. Arguments reach a thousand radians, so they are formed in
/// double precision.
struct FourierTimeEmbedding: Layer {
    var frequencies: Tensor

    init(count: Int, scale: Double, using rng: inout Philox) {
        frequencies = Tensor.gaussian([count], using: &rng) * Float(scale)
    }

    /// `[sin p, cos p]` with `p = 2π ln(t) W`, shaped `[times, 2 · count]`.
    func callAsFunction(_ times: [Double]) -> Tensor { features(of: times.map { log($0) }) }

    func features(of values: [Double]) -> Tensor {
        let weights = frequencies.values.map(Double.init)
        let rows = values.flatMap { value in
            let phases = weights.map { 2 * .pi * value * $0 }
            return phases.map { Float(sin($0)) } + phases.map { Float(cos($0)) }
        }
        return Tensor(rows, shape: [values.count, 2 * weights.count])
    }

    mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visitBuffer("W", &frequencies)
    }
}
