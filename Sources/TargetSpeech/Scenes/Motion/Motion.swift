import Foundation
import NeuralCore

/// How a talker moves around the head while a scene lasts.
public enum Motion: String, Codable, Sendable, CaseIterable {
    /// Around the head at one speed of up to 90 degrees a second.
    case linear
    /// At rest, with sudden moves of up to a second along arcs, 30 to 90 degrees a second in azimuth and elevation.
    case arcs
    /// Face to face: small changes of up to 18 degrees that never rest.
    case jitter

    /// Directions are given for every 25 ms.
    public static let frameSeconds = 0.025

    /// A path of `frames` directions that begins at (for jitter: stays around) `start`. Elevations stay within 60 degrees.
    public func path(from start: Direction, frames: Int, using random: inout Philox) -> [Direction] {
        func draw(_ lower: Double, _ upper: Double, _ random: inout Philox) -> Double {
            lower + (upper - lower) * Double(random.nextUniform())
        }
        switch self {
        case .linear:
            let speed = draw(-90, 90, &random)
            return (0..<frames).map { frame in
                Direction(azimuth: start.azimuth + speed * Double(frame) * Self.frameSeconds, elevation: start.elevation).wrapped
            }
        case .arcs:
            var direction = start, rest = 0, speeds = (0.0, 0.0)
            return (0..<frames).map { frame in
                guard frame > 0 else { return start }
                if rest == 0, Double(random.nextUniform()) < Self.frameSeconds {
                    rest = Int((draw(0.1, 1, &random) / Self.frameSeconds).rounded())
                    speeds = (draw(30, 90, &random), draw(30, 90, &random))
                    if random.nextUniform() < 0.5 { speeds.0.negate() }
                    if random.nextUniform() < 0.5 { speeds.1.negate() }
                }
                if rest > 0 {
                    rest -= 1
                    direction.azimuth += speeds.0 * Self.frameSeconds
                    direction.elevation = max(-60, min(60, direction.elevation + speeds.1 * Self.frameSeconds))
                }
                return direction.wrapped
            }
        case .jitter:
            let most = draw(0, 18, &random)
            return (0..<frames).map { _ in
                Direction(
                    azimuth: start.azimuth + draw(-most, most, &random),
                    elevation: max(-60, min(60, start.elevation + draw(-most, most, &random)))
                ).wrapped
            }
        }
    }
}
