import Foundation

/// Where a sound comes from, as seen from the head.
public struct Direction: Sendable, Hashable, Codable {
    /// Degrees counter-clockwise seen from above: 0 in front, 90 at the left, -90 at the right.
    public var azimuth: Double
    /// Degrees above the plane through the ears, -90 to 90.
    public var elevation: Double

    public init(azimuth: Double, elevation: Double = 0) {
        self.azimuth = azimuth
        self.elevation = elevation
    }

    public static let front = Direction(azimuth: 0)

    /// The direction of a point relative to the head: `x` in front, `y` at the left, `z` up.
    public init(of point: SIMD3<Double>) {
        let distance = (point * point).sum().squareRoot()
        let height = distance > 0 ? max(-1, min(1, point.z / distance)) : 0
        self.init(azimuth: atan2(point.y, point.x) * 180 / .pi, elevation: asin(height) * 180 / .pi)
    }

    /// The point at distance 1.
    public var vector: SIMD3<Double> {
        let (azimuth, elevation) = (azimuth * .pi / 180, elevation * .pi / 180)
        return [cos(elevation) * cos(azimuth), cos(elevation) * sin(azimuth), sin(elevation)]
    }

    /// The same direction with its azimuth in `-180..<180`.
    public var wrapped: Direction {
        var azimuth = azimuth.truncatingRemainder(dividingBy: 360)
        if azimuth >= 180 { azimuth -= 360 }
        if azimuth < -180 { azimuth += 360 }
        return Direction(azimuth: azimuth, elevation: elevation)
    }

    /// Degrees between two directions, 0 to 180.
    public func angle(to other: Direction) -> Double {
        let cosine = (vector * other.vector).sum()
        return acos(max(-1, min(1, cosine))) * 180 / .pi
    }
}
