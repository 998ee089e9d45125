import CKernels
import Foundation

/// Removes late reverberation by linear prediction: what the frames of a bin some time ago predict of the present one
/// is taken away, the frames weighted by the inverse of the speech's power (the weighted prediction error method for one
/// microphone: Nakatani et al., "Speech Dereverberation Based on Variance-Normalized Delayed Linear Prediction", IEEE
/// TASLP 18, 2010, equations 13 to 18).
///
///     let prediction = LinearPrediction(taps: 20, delay: 3, iterations: 2)
///     let spectrum = prediction.residual(of: try stft.forward(signal))
///
/// Deterministic and scale-invariant. The filters are fitted to the whole spectrogram, so the talker and the microphone
/// should stay where they are in it.
public struct LinearPrediction: Codable, Sendable, Equatable {
    /// Frames that predict; fewer where a spectrogram has fewer than twelve frames for each.
    public var taps: Int
    /// Frames between the last of them and the present frame; what arrives earlier stays.
    public var delay: Int
    /// Passes that estimate the power of the speech and then the filters.
    public var iterations: Int

    public init(taps: Int = 20, delay: Int = 3, iterations: Int = 2) {
        (self.taps, self.delay, self.iterations) = (taps, delay, iterations)
    }

    /// Throws `SignalError.invalidSetting` naming the first setting out of range.
    public func validate() throws {
        for (name, value, range) in [("taps", taps, 1...64), ("delay", delay, 1...64), ("iterations", iterations, 1...20)]
        where !range.contains(value) {
            throw SignalError.invalidSetting(
                operation: "Linear prediction", reason: "\(name) must be from \(range.lowerBound) to \(range.upperBound), not \(value)")
        }
    }

    private static let framesPerTap = 12
    /// The least power of a frame against the loudest of its bin.
    private static let powerFloor = 1e-10

    /// The spectrogram without what its past predicts, of the same size.
    public func residual(of spectrum: ComplexSpectrogram) -> ComplexSpectrogram {
        let frames = spectrum.frameCount, bins = spectrum.binCount
        let taps = min(taps, frames / Self.framesPerTap)
        guard taps > 0 else { return spectrum }
        var result = spectrum
        let track = BinTrack(frames: frames, taps: taps, delay: delay)
        for bin in 0..<bins {
            track.load(spectrum.values, bin: bin, bins: bins)
            for _ in 0..<iterations { track.predict(powerFloor: Self.powerFloor) }
            track.store(into: &result.values, bin: bin, bins: bins)
        }
        return result
    }
}

/// One bin over time, with the memory that its prediction needs.
private final class BinTrack {
    private let frames: Int, taps: Int, delay: Int, history: Int
    private var real: [Double], imaginary: [Double]
    private var residualReal: [Double], residualImaginary: [Double]
    private var weights: [Double]
    private var system: HermitianSystem

    init(frames: Int, taps: Int, delay: Int) {
        (self.frames, self.taps, self.delay) = (frames, taps, delay)
        history = delay + taps - 1
        real = [Double](repeating: 0, count: history + frames)
        imaginary = real
        residualReal = [Double](repeating: 0, count: frames)
        residualImaginary = residualReal
        weights = residualReal
        system = HermitianSystem(size: taps)
    }

    func load(_ values: [Float], bin: Int, bins: Int) {
        for frame in 0..<frames {
            let index = (frame * bins + bin) * 2
            real[history + frame] = Double(values[index])
            imaginary[history + frame] = Double(values[index + 1])
            residualReal[frame] = real[history + frame]
            residualImaginary[frame] = imaginary[history + frame]
        }
    }

    func store(into values: inout [Float], bin: Int, bins: Int) {
        for frame in 0..<frames {
            let index = (frame * bins + bin) * 2
            values[index] = Float(residualReal[frame])
            values[index + 1] = Float(residualImaginary[frame])
        }
    }

    /// Fits the filter to the present estimate of the speech's power and makes the next estimate.
    func predict(powerFloor: Double) {
        var loudest = 0.0
        for frame in 0..<frames {
            weights[frame] = residualReal[frame] * residualReal[frame] + residualImaginary[frame] * residualImaginary[frame]
            loudest = max(loudest, weights[frame])
        }
        guard loudest > 0, loudest.isFinite else { return }
        // Scaled by the loudest frame, so that the result does not depend on the level.
        for frame in 0..<frames { weights[frame] = loudest / max(weights[frame], powerFloor * loudest) }
        real.withUnsafeBufferPointer { real in
            imaginary.withUnsafeBufferPointer { imaginary in
                let (re, im) = (real.baseAddress! + history, imaginary.baseAddress! + history)
                system.fill {
                    ck_prediction_statistics(re, im, weights, frames, Int32(taps), Int32(delay), $0, $1, $2, $3)
                }
                guard system.solve() else { return }
                ck_prediction_residual(
                    re, im, frames, Int32(taps), Int32(delay), system.rightReal, system.rightImaginary, &residualReal,
                    &residualImaginary)
            }
        }
    }
}
