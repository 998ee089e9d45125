import Foundation

/// Level of speech while it is active, ITU-T P.56 method B.
///
/// Pauses longer than 200 ms do not count. A twice smoothed envelope (30 ms) is held against fifteen
/// thresholds from 2⁻¹⁵ to 2⁻¹; the active level is where the level over the time above a threshold lies
/// 15.9 dB above that threshold, on a straight line between two of them.
public struct ActiveSpeechLevel: Sendable, Equatable {
    /// In dB relative to full scale, over the active time; nil where there is no active speech: silence, noise
    /// at the last bit, or too short a signal.
    public let active: Double?
    /// Part of the time that is active, 0 to 1.
    public let activity: Double
    /// In dB relative to full scale, over the whole time.
    public let longTerm: Double
    /// Samples above each threshold, hangover included, from 2⁻¹⁵ up.
    public let activityCounts: [Int]

    /// Measures a whole signal; `sampleRate` in Hz.
    public static func measure(_ signal: [Float], sampleRate: Int) throws -> ActiveSpeechLevel {
        var meter = try ActiveSpeechMeter(sampleRate: sampleRate)
        try requireFinite(signal, "Active speech level")
        meter.process(signal)
        return meter.level
    }
}

/// Measures `ActiveSpeechLevel` of a signal that arrives in pieces.
public struct ActiveSpeechMeter: Sendable {
    private static let thresholds: [Double] = (1...15).map { pow(2, Double($0 - 16)) }
    private static let margin = 15.9
    private static let timeConstant = 0.03
    private static let hangoverTime = 0.2

    private let smoothing: Double
    private let hangover: Int
    private var first = 0.0
    private var second = 0.0
    private var energy = 0.0
    private var count = 0
    private var counts = [Int](repeating: 0, count: thresholds.count)
    /// Samples for which each threshold still counts as exceeded; none at first.
    private var remaining = [Int](repeating: 0, count: thresholds.count)

    public init(sampleRate: Int) throws {
        guard sampleRate > 0 else {
            throw SignalError.invalidSetting(
                operation: "Active speech level", reason: "the sample rate must be positive, not \(sampleRate)")
        }
        smoothing = exp(-1 / (Double(sampleRate) * Self.timeConstant))
        hangover = Int((Double(sampleRate) * Self.hangoverTime + 0.5).rounded(.down))
    }

    /// Takes the next samples.
    public mutating func process(_ samples: [Float]) {
        let thresholds = Self.thresholds, hangover = hangover, smoothing = smoothing
        var (first, second, energy) = (first, second, energy)
        counts.withUnsafeMutableBufferPointer { counts in
            remaining.withUnsafeMutableBufferPointer { remaining in
                thresholds.withUnsafeBufferPointer { thresholds in
                    for sample in samples {
                        let value = Double(sample)
                        energy += value * value
                        first = smoothing * first + (1 - smoothing) * abs(value)
                        second = smoothing * second + (1 - smoothing) * first
                        for index in thresholds.indices {
                            if second >= thresholds[index] {
                                counts[index] += 1
                                remaining[index] = hangover
                            } else if remaining[index] > 0 {
                                counts[index] += 1
                                remaining[index] -= 1
                            } else {
                                break
                            }
                        }
                    }
                }
            }
        }
        (self.first, self.second, self.energy) = (first, second, energy)
        count += samples.count
    }

    /// The level of what came so far.
    public var level: ActiveSpeechLevel {
        let longTerm = count > 0 ? Level.decibels(power: energy / Double(count)) : -.infinity
        let active = activeLevel()
        let activity = active.map { pow(10, (longTerm - $0) / 10) } ?? 0
        return ActiveSpeechLevel(active: active, activity: activity, longTerm: longTerm, activityCounts: counts)
    }

    private func activeLevel() -> Double? {
        var below: (level: Double, excess: Double)?
        for (threshold, count) in zip(Self.thresholds, counts) where count > 0 {
            let level = Level.decibels(power: energy / Double(count))
            let excess = level - Level.decibels(amplitude: threshold) - Self.margin
            if excess <= 0 {
                guard let below else { return nil }
                let part = below.excess / (below.excess - excess)
                return below.level + part * (level - below.level)
            }
            below = (level, excess)
        }
        return nil
    }
}
