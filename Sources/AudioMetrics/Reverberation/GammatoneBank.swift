import AudioDSP
import Foundation

/// Gammatone filters of order four after Slaney ("An efficient implementation of the Patterson-Holdsworth auditory
/// filter bank", 1993), their centres evenly spaced on the ERB scale from `lowest` to half the sample rate.
struct GammatoneBank {
    /// In Hz, from high to low.
    let centers: [Double]
    private let sampleRate: Double
    private static let earQuality = 9.26449
    private static let leastBandwidth = 24.7

    init(count: Int, lowest: Double, sampleRate: Int) {
        self.sampleRate = Double(sampleRate)
        let offset = Self.earQuality * Self.leastBandwidth
        let top = self.sampleRate / 2 + offset
        let ratio = log((lowest + offset) / top)
        centers = (1...count).map { -offset + exp(Double($0) * ratio / Double(count)) * top }
    }

    /// Equivalent rectangular bandwidth at a centre frequency, in Hz.
    static func bandwidth(at center: Double) -> Double { center / earQuality + leastBandwidth }

    /// `signal` through the filter at `center`: four sections with the same poles and one zero each.
    func filtered(_ signal: [Float], center: Double) -> [Double] {
        let period = 1 / sampleRate, angle = 2 * Double.pi * center * period
        let decay = exp(-1.019 * 2 * Double.pi * Self.bandwidth(at: center) * period)
        let (a1, a2) = (-2 * cos(angle) * decay, decay * decay)
        let outer = (3 + 8.0.squareRoot()).squareRoot(), inner = (3 - 8.0.squareRoot()).squareRoot()
        let zeros = [outer, -outer, inner, -inner].map { -decay * (cos(angle) + $0 * sin(angle)) }
        let gain = zeros.reduce(1.0) { gain, zero in
            gain * Self.magnitude(zero, 0, angle) / Self.magnitude(a1, a2, angle)
        }
        var sections = zeros.map { Biquad(b0: 1, b1: $0, b2: 0, a1: a1, a2: a2) }
        sections[0].b0 /= gain
        sections[0].b1 /= gain
        var (first, second, third, fourth) = (sections[0], sections[1], sections[2], sections[3])
        return signal.map { fourth(third(second(first(Double($0))))) }
    }

    /// `|1 + p z⁻¹ + q z⁻²|` on the unit circle.
    private static func magnitude(_ p: Double, _ q: Double, _ angle: Double) -> Double {
        let real = 1 + p * cos(angle) + q * cos(2 * angle), imaginary = p * sin(angle) + q * sin(2 * angle)
        return (real * real + imaginary * imaginary).squareRoot()
    }
}
