import Foundation
import NeuralCore

/// An excerpt of a clean and a noisy recording of one length, as the published models are trained on it.
///
/// Longer recordings are cut, shorter ones are centred between zeros; the level is set on the excerpt, not the recording.
public struct PairedExcerpt: Sendable, Equatable {
    /// Whose peak both waveforms are divided by.
    public enum Normalization: String, Sendable, Codable, CaseIterable { case noisy, clean, none }

    public let clean: [Float]
    public let noisy: [Float]

    /// - Parameters:
    ///   - clean, noisy: recordings of the same length.
    ///   - length: samples of the excerpt.
    ///   - start: where it begins in longer recordings, from 0 to the number of samples too many; nil takes the middle.
    public init(clean: [Float], noisy: [Float], length: Int, start: Int? = nil, normalization: Normalization = .noisy) {
        precondition(clean.count == noisy.count, "a pair has one length, not \(clean.count) and \(noisy.count) samples")
        let excess = clean.count - length
        precondition((0...max(0, excess)).contains(start ?? 0), "an excerpt cannot start at \(start ?? 0)")
        func excerpt(_ signal: [Float]) -> [Float] {
            if excess >= 0 {
                let start = start ?? excess / 2
                return Array(signal[start..<start + length])
            }
            let before = -excess / 2
            return [Float](repeating: 0, count: before) + signal + [Float](repeating: 0, count: -excess - before)
        }
        let pair = (clean: excerpt(clean), noisy: excerpt(noisy))
        let scaled = switch normalization {
        case .noisy: pair.noisy
        case .clean: pair.clean
        case .none: [Float]()
        }
        let peak = normalization == .none ? 1 : scaled.reduce(0) { max($0, abs($1)) }
        // Silence has no level to set.
        let divisor = peak > 0 ? peak : 1
        self.clean = pair.clean.map { $0 / divisor }
        self.noisy = pair.noisy.map { $0 / divisor }
    }

    /// The same with a start that `rng` draws evenly from all possible ones.
    public init(
        clean: [Float], noisy: [Float], length: Int, normalization: Normalization = .noisy, using rng: inout Philox
    ) {
        let excess = clean.count - length
        let start = excess > 0 ? rng.nextInt(below: excess) : nil
        self.init(clean: clean, noisy: noisy, length: length, start: start, normalization: normalization)
    }

    /// Samples of an excerpt of `frames` frames.
    public static func length(frames: Int, hopLength: Int) -> Int { (frames - 1) * hopLength }

    /// Compressed spectra `[1, frames, bins, 2]` of both.
    public func spectra(_ transform: SpectrogramTransform) throws -> (clean: Tensor, noisy: Tensor) {
        (try transform.spectra(of: [clean]), try transform.spectra(of: [noisy]))
    }
}
