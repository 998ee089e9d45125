import NeuralCore

/// Where a sampler's random numbers come from, so that a run can be seeded or replayed.
///
/// A draw is complex Gaussian noise of unit variance: real and imaginary parts have deviation `1/√2` each.
public protocol DiffusionNoise {
    /// The next draw for a state `[batch, frames, bins, 2]`.
    mutating func next(shape: [Int]) throws -> Tensor
}

/// Seeded noise: the same seed gives the same bits on every machine and thread count.
public struct PhiloxNoise: DiffusionNoise, Sendable {
    private var generator: Philox

    public init(_ generator: Philox) { self.generator = generator }
    public init(seed: UInt64) { self.init(Philox(seed: seed)) }

    public mutating func next(shape: [Int]) -> Tensor {
        Tensor.gaussian(shape, using: &generator) * Float(0.5.squareRoot())
    }
}

/// Draws recorded elsewhere, handed out in order.
public struct RecordedNoise: DiffusionNoise, Sendable {
    private let draws: [Tensor]
    public private(set) var used = 0

    public init(_ draws: [Tensor]) { self.draws = draws }

    /// Draws that nobody has asked for yet.
    public var remaining: Int { draws.count - used }

    /// - Throws: `ScoreDiffusionError.noiseExhausted` after the last draw, `.noiseShape` if the draw does not fit.
    public mutating func next(shape: [Int]) throws -> Tensor {
        guard used < draws.count else { throw ScoreDiffusionError.noiseExhausted(draws: draws.count) }
        let draw = draws[used]
        guard draw.shape == shape else {
            throw ScoreDiffusionError.noiseShape(draw: used, shape: draw.shape, needed: shape)
        }
        used += 1
        return draw
    }
}
