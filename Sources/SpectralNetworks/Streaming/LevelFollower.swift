/// The gain that brings what has been heard so far to a root mean square of 1.
///
/// The mean power of all frames since the beginning at first, of the last seconds later; silence is not counted.
package struct LevelFollower {
    /// Frames that count at most.
    private let memory: Int
    /// Mean power below which nothing is amplified any further.
    private static let floor: Float = 1e-8
    private var power: Float = 0
    private var frames = 0

    package init(seconds: Double, frameRate: Double) { memory = max(1, Int(seconds * frameRate)) }

    /// Takes the newest samples and returns the gain for them.
    package mutating func gain(after samples: UnsafePointer<Float>, count: Int) -> Float {
        gain(afterPower: Self.energy(samples, count: count) / Float(count))
    }

    /// Takes the mean power of the newest samples and returns the gain for them.
    package mutating func gain(afterPower mean: Float) -> Float {
        if mean > Self.floor {
            frames = min(frames + 1, memory)
            power += (mean - power) / Float(frames)
        }
        return 1 / max(power, Self.floor).squareRoot()
    }

    package static func energy(_ samples: UnsafePointer<Float>, count: Int) -> Float {
        var sum: Float = 0
        for index in 0..<count { sum += samples[index] * samples[index] }
        return sum
    }

    package mutating func reset() { (power, frames) = (0, 0) }
}
