import Foundation
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

/// A turn of Gaussian noise towards other noise: z becomes cos φ · z + sin φ · ξ, which is Gaussian again.
public struct NoiseTurn: Sendable, Equatable {
    /// Of ξ.
    public var seed: UInt64
    /// φ in radians; a quarter turn leaves nothing of z.
    public var angle: Double

    public init(seed: UInt64, angle: Double) { (self.seed, self.angle) = (seed, angle) }
}

/// Seeded noise that belongs to places in a recording: segments that overlap are given the same numbers where they do, so
/// that what a sampler makes of them agrees there.
public struct FrameNoise: DiffusionNoise, Sendable {
    private let seed: UInt64
    /// Of the first draw, one after the other.
    private let turns: [NoiseTurn]
    private let channel: Int
    private let firstFrame: Int
    /// Words that every frame has used.
    private var position: UInt64 = 0

    /// - Parameters:
    ///   - channel: channels of different numbers draw independently.
    ///   - firstFrame: the place of a state's first frame in the recording, from 0 to 2⁴⁰.
    ///   - turns: of the first draw.
    public init(seed: UInt64, channel: Int = 0, firstFrame: Int = 0, turns: [NoiseTurn] = []) {
        (self.seed, self.channel, self.firstFrame, self.turns) = (seed, channel, firstFrame, turns)
    }

    /// The items of a batch count as following each other.
    public mutating func next(shape: [Int]) -> Tensor {
        let isFirst = position == 0, own = draw(shape)
        guard isFirst else { return own }
        return turns.reduce(own) { noise, turn in
            var other = FrameNoise(seed: turn.seed, channel: channel, firstFrame: firstFrame)
            return noise * Float(cos(turn.angle)) + other.draw(shape) * Float(sin(turn.angle))
        }
    }

    private mutating func draw(_ shape: [Int]) -> Tensor {
        let frames = shape[0] * shape[1], width = shape[2...].reduce(1, *)
        let (seed, first, position) = (seed, (UInt64(channel) << 40) + UInt64(firstFrame), position)
        let values = [Float](unsafeUninitializedCapacity: frames * width) { buffer, count in
            nonisolated(unsafe) let buffer = buffer
            parallelFor(frames) { frame in
                var generator = Philox(seed: seed, stream: first + UInt64(frame), position: position)
                for index in frame * width..<(frame + 1) * width {
                    buffer.initializeElement(at: index, to: generator.nextGaussian() * Float(0.5.squareRoot()))
                }
            }
            count = frames * width
        }
        self.position += 2 * UInt64(width)
        return Tensor(values, shape: shape)
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
