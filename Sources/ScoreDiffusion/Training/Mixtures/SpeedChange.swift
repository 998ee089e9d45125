import Foundation

/// Plays a signal faster or slower by windowed-sinc interpolation at any real ratio.
///
/// Made for augmentation: 24 taps with a Kaiser window (images about 70 dB down), cut off at 0.95 of the narrower band.
/// Setting up a steeper resampler for every example would take longer than this takes to run.
enum SpeedChange {
    static let halfWidth = 12
    private static let taps = 2 * halfWidth, phases = 128

    /// Samples of source needed for `count` samples of output at `speed`.
    static func sourceLength(for count: Int, speed: Float) -> Int {
        Int((Float(count) * speed).rounded(.up)) + 2 * halfWidth
    }

    /// `count` samples of `source` at `speed` (above 1 is faster and higher); the first is source sample `halfWidth - 1`.
    static func apply(_ source: [Float], speed: Float, count: Int) -> [Float] {
        precondition(source.count >= sourceLength(for: count, speed: speed), "the source is too short for the speed")
        if speed == 1 { return [Float](source[(halfWidth - 1)..<(halfWidth - 1 + count)]) }
        let table = kernelTable(cutoff: 0.95 * min(1, 1 / Double(speed)))
        return [Float](unsafeUninitializedCapacity: count) { output, initialized in
            source.withUnsafeBufferPointer { source in
                table.withUnsafeBufferPointer { table in
                    for index in 0..<count {
                        let position = Double(index) * Double(speed)
                        let start = Int(position)
                        let phase = Float(position - Double(start)) * Float(phases)
                        let row = min(Int(phase), phases - 1)
                        output[index] = interpolate(
                            source.baseAddress! + start, table.baseAddress! + row * taps, blend: phase - Float(row))
                    }
                }
            }
            initialized = count
        }
    }

    /// The product with two neighbouring rows of the table, mixed.
    @inline(__always)
    private static func interpolate(_ source: UnsafePointer<Float>, _ rows: UnsafePointer<Float>, blend: Float) -> Float {
        var sum = SIMD8<Float>.zero
        for block in stride(from: 0, to: taps, by: 8) {
            let samples = UnsafeRawPointer(source + block).loadUnaligned(as: SIMD8<Float>.self)
            let low = UnsafeRawPointer(rows + block).loadUnaligned(as: SIMD8<Float>.self)
            let high = UnsafeRawPointer(rows + taps + block).loadUnaligned(as: SIMD8<Float>.self)
            sum += samples * (low + blend * (high - low))
        }
        return sum.sum()
    }

    /// Rows of `taps` weights for the phases 0, 1/128, …, 1. `cutoff` is relative to the source's band.
    private static func kernelTable(cutoff: Double) -> [Float] {
        let beta = 7.0, peak = besselI0(beta)
        return (0...phases).flatMap { row in
            (0..<taps).map { tap in
                let x = Double(tap - halfWidth + 1) - Double(row) / Double(phases)
                let ratio = x / Double(halfWidth)
                guard abs(ratio) < 1 else { return 0 }
                let angle = Double.pi * x * cutoff
                let sinc = abs(angle) < 1e-9 ? 1 : sin(angle) / angle
                return Float(cutoff * sinc * besselI0(beta * (1 - ratio * ratio).squareRoot()) / peak)
            }
        }
    }

    private static func besselI0(_ x: Double) -> Double {
        let quarter = x * x / 4
        var sum = 1.0, term = 1.0, k = 1.0
        while term > 1e-12 * sum {
            term *= quarter / (k * k)
            sum += term
            k += 1
        }
        return sum
    }
}
