import Foundation
import NeuralCore

/// Windowed Fourier transform of frames as a matrix: `[2 · bins, length]`, all real rows before all imaginary ones.
struct FourierBank: Sendable {
    let matrix: Tensor
    let hop: Int
    let window: @Sendable (Int) -> Double

    var length: Int { matrix.shape[1] }
    var binCount: Int { matrix.shape[0] / 2 }

    /// - Parameter gain: of a bin; the imaginary rows are negative.
    private init(length: Int, hop: Int, window: @escaping @Sendable (Int) -> Double, gain: (Int) -> Double) {
        let bins = length / 2 + 1
        matrix = Tensor(shape: [2 * bins, length]) { buffer in
            for bin in 0..<bins {
                for n in 0..<length {
                    let angle = 2 * Double.pi * Double(bin * n % length) / Double(length), weight = gain(bin) * window(n)
                    buffer[bin * length + n] = Float(weight * cos(angle))
                    buffer[(bins + bin) * length + n] = bin == 0 || 2 * bin == length ? 0 : Float(-weight * sin(angle))
                }
            }
        }
        (self.hop, self.window) = (hop, window)
    }

    /// The extractor's: the square root of a periodic Hann window, amplitude 2√hop / length, the first and the last bin
    /// divided by √2. Analysis and synthesis in a row give a periodic gain, not the signal.
    ///
    /// M. Pariente et al., "Filterbank design for end-to-end speech separation", ICASSP 2020.
    static func pseudoTight(length: Int, hop: Int) -> FourierBank {
        let scale = 2 * Double(hop).squareRoot() / Double(length)
        return FourierBank(
            length: length, hop: hop, window: { sin(.pi * Double($0) / Double(length)) },
            gain: { $0 == 0 || 2 * $0 == length ? scale / 2.0.squareRoot() : scale })
    }

    /// The enrolment network's: a periodic Hann window, unscaled.
    static func hann(length: Int, hop: Int) -> FourierBank {
        FourierBank(
            length: length, hop: hop, window: { 0.5 - 0.5 * cos(2 * .pi * Double($0) / Double(length)) }, gain: { _ in 1 })
    }

    /// `[…, samples]` to `[…, frames, 2 · bins]`; a last incomplete frame is left out.
    func analyze(_ signal: Tensor) -> Tensor {
        linear(signal.expanded(at: -1).unfolded(axis: -2, kernel: length, stride: hop), weight: matrix)
    }

    /// `[…, frames, 2 · bins]` to `[…, (frames − 1) · hop + length]`, overlap-added without compensation.
    func synthesize(_ spectrum: Tensor) -> Tensor {
        matmul(spectrum, matrix).folded(axis: -2, kernel: length, stride: hop).squeezed(at: -1)
    }
}
