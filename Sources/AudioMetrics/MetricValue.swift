/// The outcome of a metric: a number, or the reason why there is none.
///
/// Averages are taken over defined values only; see `MetricSummary`.
public enum MetricValue: Sendable, Equatable {
    /// The number. Ratios may be infinite: a perfect estimate, or a silent one.
    case defined(Double)
    case undefined(Reason)

    /// Why a metric has no value for a pair of signals.
    public enum Reason: Error, Equatable {
        /// Every sample of the reference is zero.
        case silentReference
        /// Every sample of the estimate is zero.
        case silentEstimate
        /// The metric compares with a clean recording, and there is none.
        case noReference
        /// The metric needs frequencies that the sample rate, in Hz, does not hold.
        case rateTooLow(Int, needed: Int)
        /// The metric is defined at another sample rate, in Hz, only.
        case otherRate(Int, needed: Int)
        /// The recording is longer than the metric is defined for.
        case tooLong(seconds: Double, limit: Double)
        /// No speech is found in the reference.
        case noSpeech
        /// The metric needs more samples than there are.
        case tooShort(samples: Int, needed: Int)
        /// Too few frames of the reference hold speech.
        case tooLittleSpeech(seconds: Double, needed: Double)
    }

    /// The number, or nil where there is none.
    public var value: Double? {
        if case .defined(let value) = self { value } else { nil }
    }

    /// Why there is no number, or nil where there is one.
    public var reason: Reason? {
        if case .undefined(let reason) = self { reason } else { nil }
    }
}

extension MetricValue.Reason: CustomStringConvertible {
    public var description: String {
        switch self {
        case .silentReference: "the reference is silent"
        case .silentEstimate: "the estimate is silent"
        case .noReference: "there is no reference"
        case .rateTooLow(let rate, let needed): "the sample rate is \(rate) Hz, at least \(needed) Hz are needed"
        case .otherRate(let rate, let needed): "the sample rate is \(rate) Hz, \(needed) Hz are needed"
        case .tooLong(let seconds, let limit):
            "the recording lasts \(Self.rounded(seconds)) s, the measure is defined up to \(Self.rounded(limit)) s: "
                + "cut it into segments"
        case .noSpeech: "no speech is found"
        case .tooShort(let samples, let needed): "\(samples) samples are too short, \(needed) are needed"
        case .tooLittleSpeech(let seconds, let needed):
            "the reference holds \(Self.rounded(seconds)) s of speech, \(Self.rounded(needed)) s are needed"
        }
    }

    private static func rounded(_ seconds: Double) -> Double { (seconds * 100).rounded() / 100 }
}

extension MetricValue: CustomStringConvertible {
    public var description: String {
        switch self {
        case .defined(let value): "\(value)"
        case .undefined(let reason): "undefined (\(reason))"
        }
    }
}

extension Result where Success == Double, Failure == MetricValue.Reason {
    /// The number, or why there is none.
    var metricValue: MetricValue {
        switch self {
        case .success(let value): .defined(value)
        case .failure(let reason): .undefined(reason)
        }
    }
}
