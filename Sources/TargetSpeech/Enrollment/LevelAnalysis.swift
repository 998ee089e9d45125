import AudioDSP

/// The level of an example and where it sounds. Silence before it changes neither.
struct LevelAnalysis {
    /// What one ear or, of two, the front hears, without what lies below 60 Hz.
    let signal: [Float]
    /// Short-time power weighted by itself, in dB relative to full scale; minus infinity for silence.
    let level: Double
    /// From the first to the last sample within 40 dB of `level`; nil for silence.
    let soundingRange: Range<Int>?

    init(_ channels: [[Float]]) throws {
        signal = Self.highPassed(try Self.fromFront(channels))
        // 10 ms; the state before the first sample is that of silence.
        let memory = 1 - 1 / (0.01 * Double(EnrollmentInput.sampleRate))
        var powers: [Double] = [], power = 0.0
        powers.reserveCapacity(signal.count)
        for sample in signal {
            power = memory * power + (1 - memory) * Double(sample) * Double(sample)
            powers.append(power)
        }
        let (sum, squares) = powers.reduce(into: (0.0, 0.0)) { $0 = ($0.0 + $1, $0.1 + $1 * $1) }
        let typical = sum > 0 ? squares / sum : 0
        level = Level.decibels(power: typical)
        let floor = 1e-4 * typical
        guard typical > 0, let first = powers.firstIndex(where: { $0 > floor }),
            let last = powers.lastIndex(where: { $0 > floor })
        else {
            soundingRange = nil
            return
        }
        soundingRange = first..<last + 1
    }

    /// What comes from the front, or to the first ear where the ears cancel.
    private static func fromFront(_ channels: [[Float]]) throws -> [Float] {
        guard channels.count == 2 else { return channels[0] }
        let front = try FrontBeam.signal(left: channels[0], right: channels[1])
        return Level.energy(front) > 1e-4 * Level.energy(channels[0]) ? front : channels[0]
    }

    private static func highPassed(_ signal: [Float]) -> [Float] {
        var filter = Biquad.highPass(frequency: 60, sampleRate: Double(EnrollmentInput.sampleRate))
        return signal.map { Float(filter(Double($0))) }
    }
}
