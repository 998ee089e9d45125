import Foundation

/// The weighting of the samples of one frame. All but `custom` are periodic (made for transforms, not filters).
public enum SpectralWindow: Sendable, Hashable {
    /// `0.5 - 0.5 cos(2πn/N)`.
    case hann
    /// The square root of `hann`: analysis and synthesis together make one Hann window.
    case sqrtHann
    /// `0.54 - 0.46 cos(2πn/N)`; never zero.
    case hamming
    /// All ones.
    case rectangular
    /// Any weights, as many as the window has samples.
    case custom([Float])

    /// The weights of a window of `length` samples, computed in double precision.
    public func weights(length: Int) throws -> [Float] {
        func periodic(_ value: (Double) -> Double) -> [Float] {
            (0..<length).map { Float(value(cos(2 * .pi * Double($0) / Double(length)))) }
        }
        switch self {
        case .hann: return periodic { 0.5 - 0.5 * $0 }
        case .sqrtHann: return periodic { (0.5 - 0.5 * $0).squareRoot() }
        case .hamming: return periodic { 0.54 - 0.46 * $0 }
        case .rectangular: return [Float](repeating: 1, count: length)
        case .custom(let weights):
            guard weights.count == length else {
                throw SignalError.invalidSetting(
                    operation: "Window", reason: "\(weights.count) weights were given for a length of \(length)")
            }
            guard weights.allSatisfy(\.isFinite) else {
                throw SignalError.invalidSetting(operation: "Window", reason: "a weight is not a finite number")
            }
            return weights
        }
    }
}
