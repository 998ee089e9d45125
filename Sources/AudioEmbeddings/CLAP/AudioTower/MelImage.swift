import Foundation
import NeuralCore

/// Folds spectrograms into square images: parts of the time stand one above the other.
struct MelImage: Sendable {
    let configuration: CLAPConfiguration.Audio
    /// Cubic interpolation over time, `[imageFrames, frames]`.
    private let stretching: Tensor?

    init(_ configuration: CLAPConfiguration.Audio, frameCount: Int) {
        self.configuration = configuration
        stretching = frameCount == configuration.frameCount ? nil : Self.cubicInterpolation(
            from: frameCount, to: configuration.frameCount)
    }

    /// `[batch, bands, frames]` becomes `[batch, 1, size, size]`.
    func callAsFunction(_ spectra: Tensor) -> Tensor {
        let full = stretching.map { matmul(spectra, $0, transposeB: true) } ?? spectra
        let (folds, size) = (configuration.foldCount, configuration.imageSize)
        return full.reshaped([full.shape[0], configuration.bandCount, folds, size])
            .transposed([0, 2, 1, 3]).reshaped([full.shape[0], 1, size, size])
    }

    /// Keys' cubic convolution with a = −0.75, first on first and last on last value, edges repeated. Positions have the
    /// single precision of the published program.
    static func cubicInterpolation(from count: Int, to target: Int) -> Tensor {
        let a = -0.75
        func weight(_ distance: Double) -> Double {
            let x = Foundation.fabs(distance)
            return x <= 1 ? ((a + 2) * x - (a + 3)) * x * x + 1 : x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0
        }
        var matrix = [Float](repeating: 0, count: target * count)
        for row in 0..<target {
            let position = Double(Float(row) * (Float(count - 1) / Float(max(target - 1, 1))))
            let base = Int(position)
            for tap in base - 1...base + 2 {
                matrix[row * count + min(max(tap, 0), count - 1)] += Float(weight(position - Double(tap)))
            }
        }
        return Tensor(matrix, shape: [target, count])
    }
}
