import AudioDSP
import Foundation
import NeuralCore

/// A rectangular room with a head in it.
///
/// Mirrored sources up to 50 ms after the direct sound each reach the ears from their own direction, delayed to
/// fractions of a sample; what follows is noise with the ears' coherence in a diffuse field. It decays exponentially, and its
/// power is that of mirrored sources, `4πc / V · 10^(-6t/T)` per second, corrected for what those at the end of the early part
/// bring, so the two parts join without a step. Walls are alike and absorb what Eyring's formula asks for.
///
/// ```swift
/// let room = try BinauralRoom(
///     dimensions: [6, 4.5, 2.8], reverberationTime: 0.4, position: [2, 2, 1.5], facing: 90, head: head)
/// let response = try room.response(from: Direction(azimuth: -40), distance: 1.2, using: &random)
/// ```
public struct BinauralRoom: BinauralSpace {
    /// Metres that sources keep from the walls.
    public static let margin = 0.1
    private static let earlySeconds = 0.05
    /// Seconds over which the tail takes over from the reflections, around the end of the early part.
    private static let crossing = 0.01
    private static let longestTail = 2.0
    /// In Hz. Many impulses of one sign add up to an offset that no room has; it lies below.
    private static let lowest = 40.0

    public let head: HeadRelatedResponses
    public let reverberationTime: Double
    /// Metres, in the room's coordinates; see `ShoeboxRoom`.
    public let position: SIMD3<Double>
    /// Where the nose points: degrees counter-clockwise from the room's `x` axis.
    public let facing: Double
    private let room: ShoeboxRoom
    /// How much more power the mirrored sources bring at the end of the early part than Eyring's formula expects: walls are
    /// not met equally often.
    private let tailGain: Double

    /// - Parameters:
    ///   - dimensions: Length, width and height in metres, each at least 1.
    ///   - reverberationTime: Seconds, above 0 and at most 5.
    ///   - position: Of the head's middle, at least 0.2 m from all walls.
    ///   - facing: Degrees counter-clockwise from the `x` axis.
    /// - Throws: `SceneError.invalidSetting` and `SignalError`.
    public init(
        dimensions: SIMD3<Double>, reverberationTime: Double, position: SIMD3<Double>, facing: Double,
        head: HeadRelatedResponses
    ) throws {
        guard reverberationTime > 0, reverberationTime <= 5 else {
            throw SceneError.invalidSetting(
                name: "the reverberation time", value: "\(reverberationTime) s", fix: "a room's is above 0 and at most 5 s")
        }
        guard (0..<3).allSatisfy({ dimensions[$0] >= 1 && dimensions[$0] <= 100 }) else {
            throw SceneError.invalidSetting(name: "the room", value: "\(dimensions) m", fix: "its sides must be from 1 to 100 m")
        }
        guard (0..<3).allSatisfy({ position[$0] >= 0.2 && position[$0] <= dimensions[$0] - 0.2 }), facing.isFinite else {
            throw SceneError.invalidSetting(
                name: "the head's position", value: "\(position) m", fix: "it must be in the room, 0.2 m from the walls")
        }
        let shape = try ShoeboxRoom(dimensions: dimensions, absorption: .init(1), maximumOrder: 0)
        let exponent = 24 * log(10) * shape.volume / (ShoeboxRoom.speedOfSound * shape.surface * reverberationTime)
        // Images of higher orders are further away than the early part of the furthest source reaches.
        let inverse = SIMD3(1 / dimensions.x, 1 / dimensions.y, 1 / dimensions.z)
        let furthest = ShoeboxRoom.speedOfSound * (Self.earlySeconds + Self.crossing) + (dimensions * dimensions).sum().squareRoot()
        let order = Int((furthest * (inverse * inverse).sum().squareRoot()).rounded(.up)) + 1
        room = try ShoeboxRoom(dimensions: dimensions, absorption: .init(1 - exp(-exponent)), maximumOrder: min(order, 40))
        (self.head, self.reverberationTime, self.position, self.facing) = (head, reverberationTime, position, facing)
        tailGain = try Self.tailGain(room, around: position, reverberationTime: reverberationTime)
    }

    /// Power per second of mirrored sources without absorption, the amplitude at one metre being one.
    private static func density(volume: Double) -> Double { 4 * .pi * ShoeboxRoom.speedOfSound / volume }

    private static func tailGain(
        _ room: ShoeboxRoom, around position: SIMD3<Double>, reverberationTime: Double
    ) throws -> Double {
        let reach = (earlySeconds - 0.02)...earlySeconds
        var power = 0.0
        for image in try room.images(of: position + [0.1, 0.1, 0.05], for: position) where reach.contains(image.distance / ShoeboxRoom.speedOfSound) {
            power += image.gain * image.gain / (image.distance * image.distance)
        }
        let rate = 6 * log(10) / reverberationTime
        let expected = density(volume: room.volume) * (exp(-rate * reach.lowerBound) - exp(-rate * reach.upperBound)) / rate
        return power > 0 ? power / expected : 1
    }

    public func reach(toward direction: Direction) -> Double {
        let vector = worldVector(direction)
        return (0..<3).reduce(Double.infinity) { reach, axis in
            let wall = vector[axis] > 0 ? room.dimensions[axis] - Self.margin : Self.margin
            return abs(vector[axis]) < 1e-9 ? reach : min(reach, (wall - position[axis]) / vector[axis])
        }
    }

    public func early(from direction: Direction, distance: Double) throws -> BinauralResponse {
        let source = position + min(distance, reach(toward: direction)) * worldVector(direction)
        let samplesPerMetre = Double(HeadRelatedResponses.sampleRate) / ShoeboxRoom.speedOfSound
        let offset = source - position
        let directDelay = (offset * offset).sum().squareRoot() * samplesPerMetre
        let rate = Double(HeadRelatedResponses.sampleRate)
        let begin = directDelay + (Self.earlySeconds - Self.crossing / 2) * rate
        let end = directDelay + (Self.earlySeconds + Self.crossing / 2) * rate
        var arrivals = BinauralArrivals(head: head, longestDelay: end + 1)
        for image in try room.images(of: source, for: position) {
            let delay = image.distance * samplesPerMetre
            guard delay < end else { continue }
            let fade = delay <= begin ? 1 : ((end - delay) / (end - begin)).squareRoot()
            arrivals.add(
                from: headDirection(image.position - position), delay: delay,
                gain: Float(image.gain / image.distance * fade), blending: image.order == 0)
        }
        var response = arrivals.response(start: directDelay)
        for ear in response.ears.indices {
            var filter = Biquad.highPass(frequency: Self.lowest, sampleRate: rate)
            for index in response.ears[ear].indices { response.ears[ear][index] = Float(filter(Double(response.ears[ear][index]))) }
        }
        return response
    }

    public func late(distance: Double, using random: inout Philox) throws -> BinauralResponse? {
        let rate = Double(HeadRelatedResponses.sampleRate)
        let travel = distance / ShoeboxRoom.speedOfSound
        let begin = Self.earlySeconds - Self.crossing / 2
        let duration = min(reverberationTime, Self.longestTail)
        guard duration > begin else { return nil }
        let first = Int(begin * rate), count = Int(duration * rate) - first
        let variance = tailGain * Self.density(volume: room.volume) / rate
        var noise = try head.diffuseField.noise(count: count, using: &random)
        let envelope = (0..<count).map { index -> Float in
            let time = Double(first + index) / rate
            let fade = max(0, min(1, (time - begin) / Self.crossing))
            return Float((variance * fade * pow(10, -6 * (time + travel) / reverberationTime)).squareRoot())
        }
        for ear in noise.indices {
            for index in 0..<count { noise[ear][index] *= envelope[index] }
        }
        let silence = [Float](repeating: 0, count: first + BinauralResponse.lead)
        return BinauralResponse(ears: noise.map { silence + $0 })
    }

    private func worldVector(_ direction: Direction) -> SIMD3<Double> {
        Direction(azimuth: direction.azimuth + facing, elevation: direction.elevation).vector
    }

    private func headDirection(_ vector: SIMD3<Double>) -> Direction {
        var direction = Direction(of: vector)
        direction.azimuth -= facing
        return direction
    }
}
