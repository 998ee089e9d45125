import Foundation
import NeuralCore

/// Spectra of frames of two chunks under the square root of a Hann window, and back: the STFT of the model as it
/// appears chunk by chunk.
package struct HalfOverlapTransform {
    package let chunk: Int, bins: Int
    private let forward, inverse: PackedProduct
    private let window, spectrum, frame, tail: UnsafeMutablePointer<Float>

    package init(chunk: Int, in arena: StreamArena) {
        let length = 2 * chunk, bins = chunk + 1
        (self.chunk, self.bins) = (chunk, bins)
        func weight(_ n: Int) -> Double { sin(.pi * Double(n) / Double(length)) }
        /// Of real part, or imaginary one, `k`.
        func wave(_ part: Int, _ n: Int) -> Double {
            let phase = 2 * Double.pi * Double((part % bins) * n % length) / Double(length)
            return part < bins ? cos(phase) : -sin(phase)
        }
        forward = PackedProduct(
            in: arena, depth: length, columns: 2 * bins, bias: [Float](repeating: 0, count: 2 * bins)
        ) { n, part in Float(weight(n) * wave(part, n)) }
        inverse = PackedProduct(
            in: arena, depth: 2 * bins, columns: length, bias: [Float](repeating: 0, count: length)
        ) { part, n in
            let isEdge = part % bins == 0 || part % bins == bins - 1
            return Float(weight(n) * wave(part, n) * (isEdge ? 1 : 2) / Double(length))
        }
        window = arena.floats(length)
        spectrum = arena.floats(forward.columns)
        frame = arena.floats(inverse.columns)
        tail = arena.floats(chunk)
    }

    /// Takes a chunk; samples that are not finite count as zero, and their number is returned.
    package func take(_ samples: UnsafePointer<Float>) -> Int {
        var replaced = 0
        window.update(from: window + chunk, count: chunk)
        for index in 0..<chunk {
            let isFinite = samples[index].isFinite
            window[chunk + index] = isFinite ? samples[index] : 0
            if !isFinite { replaced += 1 }
        }
        return replaced
    }

    /// The chunk that was taken last.
    package var newest: UnsafePointer<Float> { UnsafePointer(window + chunk) }

    /// Real and imaginary part of each bin of the newest frame, `[bins, 2]`.
    package func analyze(into output: UnsafeMutablePointer<Float>) {
        forward(window, stride: 2 * chunk, rows: 1, into: spectrum, stride: forward.columns)
        for bin in 0..<bins {
            output[2 * bin] = spectrum[bin]
            output[2 * bin + 1] = spectrum[bins + bin]
        }
    }

    /// Adds a frame and writes the chunk that it completes, the one before the newest.
    package func synthesize(_ values: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>) {
        for bin in 0..<bins {
            spectrum[bin] = values[2 * bin]
            spectrum[bins + bin] = values[2 * bin + 1]
        }
        inverse(spectrum, stride: 2 * bins, rows: 1, into: frame, stride: inverse.columns)
        for index in 0..<chunk { output[index] = frame[index] + tail[index] }
        tail.update(from: frame + chunk, count: chunk)
    }

    package func reset() {
        window.update(repeating: 0, count: 2 * chunk)
        tail.update(repeating: 0, count: chunk)
    }
}
