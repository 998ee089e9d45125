import Foundation

/// A rectangular room whose reflections are those of mirrored sources (Allen and Berkley, "Image method for
/// efficiently simulating small-room acoustics", 1979).
///
/// One corner is the origin; `x` runs from the west to the east wall, `y` from south to north, `z` up.
/// ```swift
/// let room = try ShoeboxRoom(reverberationTime: 0.4, dimensions: [6, 4.5, 2.8])
/// let response = try room.response(from: [1, 2, 1.6], to: [4, 3, 1.2], sampleRate: 16_000)
/// let (reverberant, target) = try response.reverberate(speech)
/// ```
public struct ShoeboxRoom: Sendable, Hashable {
    /// Part of the energy that each wall swallows, 0 to 1.
    public struct Absorption: Sendable, Hashable {
        public var west, east, south, north, floor, ceiling: Double

        public init(west: Double, east: Double, south: Double, north: Double, floor: Double, ceiling: Double) {
            (self.west, self.east, self.south, self.north, self.floor, self.ceiling) =
                (west, east, south, north, floor, ceiling)
        }

        /// The same for all walls.
        public init(_ uniform: Double) {
            self.init(
                west: uniform, east: uniform, south: uniform, north: uniform, floor: uniform, ceiling: uniform)
        }

        var all: [Double] { [west, east, south, north, floor, ceiling] }
    }

    /// Metres per second.
    public static let speedOfSound = 343.0
    /// Reflections beyond this order are refused: there would be over a hundred million images.
    public static let largestOrder = 420

    /// Length, width and height in metres.
    public let dimensions: SIMD3<Double>
    public let absorption: Absorption
    /// Reflections of a sound that are followed, `|nx| + |ny| + |nz|`.
    public let maximumOrder: Int

    public init(dimensions: SIMD3<Double>, absorption: Absorption, maximumOrder: Int) throws {
        func refuse(_ reason: String) -> SignalError { .invalidSetting(operation: "Room", reason: reason) }
        guard (0..<3).allSatisfy({ dimensions[$0] > 0 && dimensions[$0] < 1e4 }) else {
            throw refuse("its sides must be positive and under 10 km, not \(dimensions)")
        }
        guard absorption.all.allSatisfy({ (0...1).contains($0) }) else {
            throw refuse("absorption must be from 0 to 1")
        }
        guard (0...Self.largestOrder).contains(maximumOrder) else {
            throw refuse("the order must be from 0 to \(Self.largestOrder), not \(maximumOrder)")
        }
        self.dimensions = dimensions
        self.absorption = absorption
        self.maximumOrder = maximumOrder
    }

    /// A room with walls of one kind in which sound decays by 60 dB in `reverberationTime` seconds, by Sabine's
    /// formula, and with enough reflections to last that long.
    ///
    /// Throws `SignalError.infeasibleReverberation` where even walls that swallow everything leave the sound
    /// in the room for longer, and where the reflections would be too many.
    public init(reverberationTime: Double, dimensions: SIMD3<Double>) throws {
        let empty = try ShoeboxRoom(dimensions: dimensions, absorption: Absorption(1), maximumOrder: 0)
        guard reverberationTime > 0, reverberationTime.isFinite else {
            throw SignalError.infeasibleReverberation(seconds: reverberationTime, reason: "it must be positive")
        }
        let shortest = empty.sabineTime
        guard reverberationTime >= shortest else {
            throw SignalError.infeasibleReverberation(
                seconds: reverberationTime,
                reason: "in a room of \(dimensions.x) × \(dimensions.y) × \(dimensions.z) m it cannot be under "
                    + "\((shortest * 1000).rounded(.up) / 1000) s")
        }
        // An image of order n is at least n + 1 times the smallest height of a right triangle on two sides away.
        func height(_ a: Double, _ b: Double) -> Double { a * b / (a * a + b * b).squareRoot() }
        let reach = min(
            height(dimensions.x, dimensions.y), height(dimensions.x, dimensions.z), height(dimensions.y, dimensions.z))
        let order = (Self.speedOfSound * reverberationTime / reach - 1).rounded(.up)
        guard order <= Double(Self.largestOrder) else {
            throw SignalError.infeasibleReverberation(
                seconds: reverberationTime, reason: "it takes reflections of order \(order) in so small a room")
        }
        try self.init(
            dimensions: dimensions, absorption: Absorption(shortest / reverberationTime),
            maximumOrder: max(0, Int(order)))
    }

    /// Cubic metres.
    public var volume: Double { dimensions.x * dimensions.y * dimensions.z }

    /// Square metres of all walls.
    public var surface: Double {
        2 * (dimensions.x * dimensions.y + dimensions.x * dimensions.z + dimensions.y * dimensions.z)
    }

    /// Absorption averaged over the walls' area.
    public var meanAbsorption: Double {
        let (x, y, z) = (dimensions.x, dimensions.y, dimensions.z)
        let ends = (absorption.west + absorption.east) * y * z
        let sides = (absorption.south + absorption.north) * x * z
        let levels = (absorption.floor + absorption.ceiling) * x * y
        return (ends + sides + levels) / surface
    }

    /// Reverberation time in seconds after Sabine; infinite for walls that swallow nothing.
    public var sabineTime: Double { decayConstant / meanAbsorption }

    /// Reverberation time in seconds after Eyring, closer than Sabine's for absorbing walls.
    public var eyringTime: Double { decayConstant / -log(1 - meanAbsorption) }

    private var decayConstant: Double { 24 * log(10) * volume / (Self.speedOfSound * surface) }
}
