import AudioDSP
import Foundation

/// Votes of short windows for the delay between two signals.
struct DelayHistogram {
    private let bins: Int
    private let kernel: Int
    private var votes: [Double]
    private var total = 0.0

    init(windowLength: Int) {
        bins = windowLength
        kernel = windowLength / 64
        votes = [Double](repeating: 0, count: windowLength)
    }

    /// Adds what one window's cross-correlation says: every lag within 1 % of its peak, blurred by a triangle.
    mutating func add(_ magnitudes: UnsafeMutablePointer<Double>) {
        var peak = 0.0
        for index in 0..<bins { peak = max(peak, magnitudes[index]) }
        peak *= 0.99
        guard peak > 0 else { return }
        let weight = pow(peak, 0.125)
        for index in 0..<bins where magnitudes[index] > peak {
            total += weight
            for offset in 1 - kernel..<kernel {
                let share = 1 - Double(abs(offset)) / Double(kernel)
                votes[(index + offset + bins) % bins] += weight * share
            }
        }
    }

    /// The delay with most votes and its share of all; no votes are no delay.
    var peak: (delay: Int, confidence: Double) {
        var best = 0, height = 0.0
        for (index, value) in votes.enumerated() where value > height { (best, height) = (index, value) }
        return (best >= bins / 2 ? best - bins : best, total > 0 ? height / total : 0)
    }
}

/// Cross-correlations of Hann windows of two signals.
final class WindowCorrelator {
    let length: Int
    private let reference: [Double]
    private let estimate: [Double]
    private let window: [Double]
    private let transform: PreciseTransform
    private let time: AlignedDoubles
    private let first: AlignedDoubles
    private let second: AlignedDoubles

    init(reference: [Double], estimate: [Double], length: Int) throws {
        self.reference = reference
        self.estimate = estimate
        self.length = length
        window = (0..<length).map { 0.5 * (1 - cos(2 * .pi * Double($0) / Double(length))) }
        transform = try .ofLength(length)
        time = AlignedDoubles(count: length)
        first = AlignedDoubles(count: 2 * transform.binCount)
        second = AlignedDoubles(count: 2 * transform.binCount)
    }

    /// Adds the windows that begin at `start` in the reference and `start + delay` in the estimate.
    func vote(at start: Int, delay: Int, in histogram: inout DelayHistogram) {
        load(reference, start)
        transform.forward(time, into: first)
        load(estimate, start + delay)
        transform.forward(time, into: second)
        for index in stride(from: 0, to: first.count, by: 2) {
            let (a, b) = (first.base[index], -first.base[index + 1])
            let (c, d) = (second.base[index], second.base[index + 1])
            first.base[index] = a * c - b * d
            first.base[index + 1] = a * d + b * c
        }
        transform.inverse(first, into: time)
        let scale = 1 / Double(length)
        for index in 0..<length { time.base[index] = abs(time.base[index]) * scale }
        histogram.add(time.base)
    }

    private func load(_ signal: [Double], _ start: Int) {
        signal.withUnsafeBufferPointer { signal in
            window.withUnsafeBufferPointer { window in
                for index in 0..<length { time.base[index] = window[index] * signal[start + index] }
            }
        }
    }
}
