/// What two ears hear, in a free field.
struct Ears {
    var left: [Float], right: [Float]

    init(front samples: [Float]) { (left, right) = (samples, samples) }

    /// From the right: later by `delay` samples and 6 dB quieter at the left ear.
    init(side samples: [Float], delay: Int, gain: Float) {
        right = samples.map { gain * $0 }
        left = [Float](repeating: 0, count: delay) + right.dropLast(delay).map { $0 / 2 }
    }

    var mirrored: Ears {
        var ears = self
        swap(&ears.left, &ears.right)
        return ears
    }

    /// As long as the shorter.
    static func + (a: Ears, b: Ears) -> Ears {
        var sum = a
        sum.left = zip(a.left, b.left).map { $0 + $1 }
        sum.right = zip(a.right, b.right).map { $0 + $1 }
        return sum
    }
}
