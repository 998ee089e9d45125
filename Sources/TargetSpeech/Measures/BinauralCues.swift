import Foundation

/// How a sound differs between the two ears.
///
/// The measures of B. Veluri et al., "Look once to hear", CHI 2024: a result that keeps them sounds from where it came.
public struct BinauralCues: Sendable, Equatable {
    /// The lags that a head can cause, in seconds.
    public static let longestDelay = 1e-3

    /// Interaural level difference in dB, left over right.
    public var levelDifference: Double
    /// Interaural time difference in microseconds: how much later the left ear hears it, within ±1000.
    public var timeDifference: Double

    /// The cues of a whole recording; of two that correlate equally the earlier lag counts.
    ///
    /// - Parameters:
    ///   - left: samples of one ear.
    ///   - right: as many of the other.
    ///   - sampleRate: in Hz.
    public init(left: [Float], right: [Float], sampleRate: Int) {
        precondition(left.count == right.count, "\(left.count) samples of one ear and \(right.count) of the other")
        func energy(_ samples: [Float]) -> Double { samples.reduce(0) { $0 + Double($1) * Double($1) } }
        levelDifference = 10 * log10(energy(left) / energy(right))
        let reach = min(Int(Self.longestDelay * Double(sampleRate)), left.count / 2)
        var best = (lag: 0, magnitude: -1.0)
        for lag in -reach...reach {
            let magnitude = abs(Self.circularCorrelation(left, right, lag: lag))
            if magnitude > best.magnitude { best = (lag, magnitude) }
        }
        timeDifference = Double(best.lag) / Double(sampleRate) * 1e6
    }

    /// Σ left[n] right[n − lag], the recording taken as one period.
    private static func circularCorrelation(_ left: [Float], _ right: [Float], lag: Int) -> Double {
        let start = max(lag, 0), end = left.count + min(lag, 0)
        var sum = 0.0
        for n in start..<end { sum += Double(left[n]) * Double(right[n - lag]) }
        for n in 0..<start { sum += Double(left[n]) * Double(right[n - lag + left.count]) }
        for n in end..<left.count { sum += Double(left[n]) * Double(right[n - lag - left.count]) }
        return sum
    }

    /// How far the cues are from another recording's, both differences as magnitudes.
    public func error(from reference: BinauralCues) -> (levelDifference: Double, timeDifference: Double) {
        (abs(levelDifference - reference.levelDifference), abs(timeDifference - reference.timeDifference))
    }
}
