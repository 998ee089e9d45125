/// The gain that brings what has been heard so far to a root mean square of 1.
///
/// The mean power of all frames since the beginning at first, of the last seconds later; silence is not counted.
struct LevelFollower {
    /// Frames that count at most.
    private let memory: Int
    /// Mean power below which nothing is amplified any further.
    private static let floor: Float = 1e-8
    private var power: Float = 0
    private var frames = 0

    init(seconds: Double, frameRate: Double) { memory = max(1, Int(seconds * frameRate)) }

    /// Takes the newest samples and returns the gain for them.
    mutating func gain(after samples: UnsafePointer<Float>, count: Int) -> Float {
        var sum: Float = 0
        for index in 0..<count { sum += samples[index] * samples[index] }
        let mean = sum / Float(count)
        if mean > Self.floor {
            frames = min(frames + 1, memory)
            power += (mean - power) / Float(frames)
        }
        return 1 / max(power, Self.floor).squareRoot()
    }

    mutating func reset() { (power, frames) = (0, 0) }
}
