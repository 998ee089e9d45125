import Foundation

/// A scale of perceived pitch.
public enum MelScale: Sendable, Hashable {
    /// Linear to 1 kHz, logarithmic above (Slaney's Auditory Toolbox).
    case slaney
    /// `2595 log10(1 + f / 700)`, as in the HTK book.
    case htk

    private static let linearStep = 200.0 / 3
    private static let corner = 1_000.0
    private static let logarithmicStep = log(6.4) / 27

    /// The mel value of a frequency in Hz.
    public func mel(hertz: Double) -> Double {
        switch self {
        case .htk: 2595 * log10(1 + hertz / 700)
        case .slaney where hertz < Self.corner: hertz / Self.linearStep
        case .slaney: Self.corner / Self.linearStep + log(hertz / Self.corner) / Self.logarithmicStep
        }
    }

    /// The frequency in Hz of a mel value.
    public func hertz(mel: Double) -> Double {
        let corner = Self.corner / Self.linearStep
        return switch self {
        case .htk: 700 * (pow(10, mel / 2595) - 1)
        case .slaney where mel < corner: mel * Self.linearStep
        case .slaney: Self.corner * exp((mel - corner) * Self.logarithmicStep)
        }
    }

    /// `count` frequencies in Hz, evenly spaced in mel, both ends included.
    public func frequencies(_ count: Int, in range: ClosedRange<Double>) -> [Double] {
        let low = mel(hertz: range.lowerBound), high = mel(hertz: range.upperBound)
        return (0..<count).map { hertz(mel: low + (high - low) * Double($0) / Double(max(1, count - 1))) }
    }
}
