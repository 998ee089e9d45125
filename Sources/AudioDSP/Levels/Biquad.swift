import Foundation

/// Second-order recursive filter in double precision, `a0 = 1`:
/// `y[n] = b0 x[n] + b1 x[n-1] + b2 x[n-2] - a1 y[n-1] - a2 y[n-2]`.
public struct Biquad: Sendable, Equatable {
    public var b0: Double
    public var b1: Double
    public var b2: Double
    public var a1: Double
    public var a2: Double
    private var s1 = 0.0
    private var s2 = 0.0

    public init(b0: Double, b1: Double, b2: Double, a1: Double, a2: Double) {
        (self.b0, self.b1, self.b2, self.a1, self.a2) = (b0, b1, b2, a1, a2)
    }

    /// Filters one sample.
    @inline(__always)
    public mutating func callAsFunction(_ x: Double) -> Double {
        let y = b0 * x + s1
        s1 = b1 * x - a1 * y + s2
        s2 = b2 * x - a2 * y
        return y
    }

    /// Forgets the past.
    public mutating func reset() { (s1, s2) = (0, 0) }

    /// Behaves as if the input had been `value` for ever.
    public mutating func settle(at value: Double) {
        let gain = (b0 + b1 + b2) / (1 + a1 + a2)
        s2 = (b2 - a2 * gain) * value
        s1 = (b1 - a1 * gain) * value + s2
    }

    /// Butterworth high pass of order two with its -3 dB point at `frequency`, in Hz (bilinear transform).
    public static func highPass(frequency: Double, sampleRate: Double, quality: Double = 0.5.squareRoot()) -> Biquad {
        let k = tan(.pi * frequency / sampleRate)
        let scale = 1 + k / quality + k * k
        return Biquad(
            b0: 1 / scale, b1: -2 / scale, b2: 1 / scale, a1: 2 * (k * k - 1) / scale,
            a2: (1 - k / quality + k * k) / scale)
    }

    /// High shelf with `gain` in dB far above `frequency` in Hz (R. Bristow-Johnson, "Cookbook formulae for audio
    /// equalizer biquad filter coefficients").
    public static func highShelf(frequency: Double, gain: Double, quality: Double, sampleRate: Double) -> Biquad {
        let amplitude = pow(10, gain / 40), angle = 2 * .pi * frequency / sampleRate
        let cosine = cos(angle), slope = 2 * amplitude.squareRoot() * sin(angle) / (2 * quality)
        let (sum, difference) = (amplitude + 1, amplitude - 1)
        let scale = sum - difference * cosine + slope
        return Biquad(
            b0: amplitude * (sum + difference * cosine + slope) / scale,
            b1: -2 * amplitude * (difference + sum * cosine) / scale,
            b2: amplitude * (sum + difference * cosine - slope) / scale,
            a1: 2 * (difference - sum * cosine) / scale, a2: (sum - difference * cosine - slope) / scale)
    }

    /// Filters forwards and backwards, so that no frequency is delayed.
    ///
    /// The ends are continued by point reflection over nine samples (fewer in a shorter signal) and both
    /// passes start settled, which keeps transients away.
    public func zeroPhase(_ signal: [Float]) -> [Float] {
        guard let first = signal.first, let last = signal.last else { return [] }
        let edge = min(9, signal.count - 1)
        var values: [Double] = []
        values.reserveCapacity(signal.count + 2 * edge)
        for distance in stride(from: edge, to: 0, by: -1) { values.append(2 * Double(first) - Double(signal[distance])) }
        values.append(contentsOf: signal.lazy.map { Double($0) })
        for distance in 0..<edge { values.append(2 * Double(last) - Double(signal[signal.count - 2 - distance])) }

        var forward = self
        forward.settle(at: values[0])
        for index in values.indices { values[index] = forward(values[index]) }
        var backward = self
        backward.settle(at: values[values.count - 1])
        for index in values.indices.reversed() { values[index] = backward(values[index]) }
        return values[edge..<edge + signal.count].map { Float($0) }
    }
}
