import Foundation

/// Ways to take the logarithm of spectra that may hold zeros.
public enum SpectralLogarithm: Sendable, Hashable {
    /// What 0 dB is.
    public enum Reference: Sendable, Hashable {
        case one
        /// The largest value of all that are given.
        case maximum
    }

    /// `10 log10` of a power relative to `reference`; powers under `floor` count as `floor`, and results more
    /// than `range` dB under the largest are raised to there.
    case decibels(reference: Reference = .one, floor: Float = 1e-10, range: Float? = 80)
    /// `ln(max(x, floor))`.
    case clamped(floor: Float)
    /// `ln(x + offset)`.
    case shifted(offset: Float)

    /// The logarithms of `values`, in their order.
    public func callAsFunction(_ values: [Float]) -> [Float] {
        switch self {
        case .clamped(let floor):
            return values.map { log(max($0, floor)) }
        case .shifted(let offset):
            return values.map { log($0 + offset) }
        case .decibels(let reference, let floor, let range):
            let zero = switch reference {
            case .one: max(Double(floor), 1)
            case .maximum: Double(max(floor, values.max() ?? 0))
            }
            let offset = 10 * log10(zero)
            var levels = values.map { Float(10 * log10(Double(max(floor, $0))) - offset) }
            if let range, let loudest = levels.max() {
                for index in levels.indices { levels[index] = max(levels[index], loudest - range) }
            }
            return levels
        }
    }
}
