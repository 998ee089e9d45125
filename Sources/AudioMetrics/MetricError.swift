import Foundation

/// Pairs of signals that no metric compares.
public enum MetricError: LocalizedError, Equatable {
    /// The lengths differ, in samples.
    case lengthMismatch(reference: Int, estimate: Int)
    /// A NaN or infinite sample in one of the two.
    case notFinite(signal: String, sample: Int)
    case invalidSampleRate(Int)
    /// Other numbers of references and estimates, or too many.
    case sourceCount(references: Int, estimates: Int, most: Int)

    public var errorDescription: String? {
        switch self {
        case .lengthMismatch(let reference, let estimate):
            "The reference has \(reference) samples and the estimate \(estimate); cut or align them first."
        case .notFinite(let signal, let sample):
            "Sample \(sample) of the \(signal) is not a finite number."
        case .invalidSampleRate(let rate):
            "The sample rate must be positive, not \(rate)."
        case .sourceCount(let references, let estimates, let most):
            "There must be as many estimates as references, 1 to \(most), not \(estimates) and \(references)."
        }
    }
}

/// Throws unless the two can be compared sample by sample.
func checkPair(reference: [Float], estimate: [Float]) throws {
    guard reference.count == estimate.count else {
        throw MetricError.lengthMismatch(reference: reference.count, estimate: estimate.count)
    }
    try checkFinite(reference, "reference")
    try checkFinite(estimate, "estimate")
}

/// Throws where a sample is NaN or infinite.
func checkFinite(_ samples: [Float], _ signal: String) throws {
    if let sample = samples.firstIndex(where: { !$0.isFinite }) {
        throw MetricError.notFinite(signal: signal, sample: sample)
    }
}
