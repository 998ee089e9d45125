import AudioDSP
import Foundation

/// What a direction of a plot stands for: a range of values, how they are spread, and a label with the unit.
struct Axis {
    enum Scale {
        case linear, logarithmic
        /// Even steps of perceived pitch; values are in Hz.
        case mel
    }

    struct Tick: Equatable {
        var value: Double
        var label: String
    }

    let label: String
    let range: ClosedRange<Double>
    let scale: Scale

    /// A range without extent is widened, and a logarithmic one kept above zero.
    init(_ label: String, _ range: ClosedRange<Double>, scale: Scale = .linear) {
        var (low, high) = (range.lowerBound, range.upperBound)
        if scale == .logarithmic { (low, high) = (max(low, 1e-12), max(high, 1e-12)) }
        if !(high > low) {
            let margin = scale == .logarithmic ? 0.5 * high : max(abs(high) * 0.1, 0.5)
            (low, high) = (low - margin, high + margin)
        }
        (self.label, self.range, self.scale) = (label, low...high, scale)
    }

    /// Seconds, or minutes or hours for long ones.
    static func time(_ seconds: Double) -> (axis: Axis, unit: Double) {
        switch seconds {
        case ..<180: (Axis("Time (s)", 0...seconds), 1)
        case ..<10_800: (Axis("Time (min)", 0...seconds / 60), 60)
        default: (Axis("Time (h)", 0...seconds / 3600), 3600)
        }
    }

    /// From 0 at the start of the range to 1 at its end.
    func share(of value: Double) -> Double {
        let (low, high) = (warped(range.lowerBound), warped(range.upperBound))
        return (warped(value) - low) / (high - low)
    }

    /// The value at a share of the way.
    func value(at share: Double) -> Double {
        let (low, high) = (warped(range.lowerBound), warped(range.upperBound))
        let position = low + share * (high - low)
        return switch scale {
        case .linear: position
        case .logarithmic: pow(10, position)
        case .mel: MelScale.slaney.hertz(mel: position)
        }
    }

    /// Round values inside the range, about so many or fewer.
    func ticks(about count: Int) -> [Tick] {
        let values = scale == .linear ? linearTicks(count) : spacedTicks(count)
        return values.map { Tick(value: $0, label: Self.text($0)) }
    }

    private func linearTicks(_ count: Int) -> [Double] {
        let rough = (range.upperBound - range.lowerBound) / Double(max(count, 1))
        let magnitude = pow(10, floor(log10(rough)))
        let step = [1, 2, 5, 10].map { $0 * magnitude }.first { $0 >= rough * (1 - 1e-9) } ?? rough
        let first = Int((range.lowerBound / step - 1e-6).rounded(.up))
        let last = Int((range.upperBound / step + 1e-6).rounded(.down))
        return first <= last ? (first...last).map { Double($0) * step } : []
    }

    /// 1, 2, 5 of every power of ten, the less round ones where there is room.
    private func spacedTicks(_ count: Int) -> [Double] {
        let low = Int(log10(max(range.lowerBound, range.upperBound * 1e-3)).rounded(.down))
        let powers = (low...max(low, Int(log10(range.upperBound).rounded(.up)))).map { pow(10, Double($0)) }
        let spacing = 1 / Double(max(count, 1)) * 0.7
        var chosen: [Double] = scale == .mel && range.lowerBound <= 0 ? [0] : []
        for candidates in [powers, powers.map { 5 * $0 }, powers.map { 2 * $0 }] {
            for value in candidates where range.contains(value) {
                if chosen.allSatisfy({ abs(share(of: $0) - share(of: value)) >= spacing }) { chosen.append(value) }
            }
        }
        return chosen.sorted()
    }

    private func warped(_ value: Double) -> Double {
        switch scale {
        case .linear: value
        case .logarithmic: log10(max(value, 1e-12))
        case .mel: MelScale.slaney.mel(hertz: max(value, 0))
        }
    }

    /// 1500000 → "1.5M", 20000 → "20k", 0.00050 → "5e−4", −3 with a real minus sign.
    static func text(_ value: Double) -> String {
        let size = abs(value)
        let (scaled, unit) = size >= 1e6 ? (value / 1e6, "M") : size >= 1e4 ? (value / 1e3, "k") : (value, "")
        let text: String
        if size > 0, size < 1e-2 {
            let exponent = Int(floor(log10(size) + 1e-9))
            text = "\(plain(value * pow(10, Double(-exponent))))e−\(-exponent)"
        } else {
            text = plain(scaled)
        }
        return (text.hasPrefix("-") ? "−" + text.dropFirst() : text) + unit
    }

    /// Up to four decimals, none of them idle.
    private static func plain(_ value: Double) -> String { String(format: "%.4f", value).replacing(/\.?0+$/, with: "") }
}
