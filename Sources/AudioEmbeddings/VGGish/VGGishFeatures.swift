import AudioDSP
import Foundation

/// Log-mel spectra as VGGish takes them.
///
/// 16 kHz; 25 ms under a periodic Hann window every 10 ms, not centred; magnitudes of 257 bins through 64 triangles that
/// are linear in mel, 125 to 7,500 Hz; ln(x + 0.01). Examples are 96 frames (0.96 s) one after the other.
///
/// S. Hershey et al., "CNN architectures for large-scale audio classification", 2017.
struct VGGishFeatures: Sendable {
    static let sampleRate = 16_000
    static let bandCount = 64, frameCount = 96
    /// Samples that one example needs.
    static let exampleLength = windowLength + (frameCount - 1) * hop
    private static let windowLength = 400, hop = 160, nFFT = 512

    private let stft: STFT
    private let filters: [(first: Int, weights: [Float])]

    init() throws {
        stft = try STFT(
            STFTConfiguration(nFFT: Self.nFFT, hopLength: Self.hop, windowLength: Self.windowLength, centered: false))
        filters = Self.filterBank()
    }

    /// Log-mel frames, `[frames, 64]`; none for fewer than 400 samples.
    func logMel(_ signal: [Float]) throws -> [Float] {
        guard signal.count >= Self.windowLength else { return [] }
        // The transform puts a short window in the middle of its frame; here it begins with the frame.
        let margin = [Float](repeating: 0, count: (Self.nFFT - Self.windowLength) / 2)
        let magnitudes = try stft.forward(margin + signal + margin).magnitude()
        let bins = Self.nFFT / 2 + 1, frames = magnitudes.count / bins
        var result = [Float](repeating: 0, count: frames * Self.bandCount)
        for frame in 0..<frames {
            for (band, filter) in filters.enumerated() {
                var sum: Float = 0
                for (index, weight) in filter.weights.enumerated() { sum += weight * magnitudes[frame * bins + filter.first + index] }
                result[frame * Self.bandCount + band] = log(sum + 0.01)
            }
        }
        return result
    }

    /// All weights, `[bins, bands]`.
    var matrix: [Double] {
        var matrix = [Double](repeating: 0, count: (Self.nFFT / 2 + 1) * Self.bandCount)
        for (band, filter) in filters.enumerated() {
            for (index, weight) in filter.weights.enumerated() { matrix[(filter.first + index) * Self.bandCount + band] = Double(weight) }
        }
        return matrix
    }

    /// Triangles over the bins above 0 Hz, by the bins' distances in mel.
    private static func filterBank() -> [(first: Int, weights: [Float])] {
        let scale = MelScale.htk, bins = nFFT / 2 + 1
        let (low, high) = (scale.mel(hertz: 125), scale.mel(hertz: 7_500))
        let edges = (0..<bandCount + 2).map { low + (high - low) * Double($0) / Double(bandCount + 1) }
        let mels = (0..<bins).map { scale.mel(hertz: Double($0 * sampleRate) / Double(nFFT)) }
        return (0..<bandCount).map { band in
            let weights = (1..<bins).map { bin in
                let rising = (mels[bin] - edges[band]) / (edges[band + 1] - edges[band])
                let falling = (edges[band + 2] - mels[bin]) / (edges[band + 2] - edges[band + 1])
                return Float(max(0, min(rising, falling)))
            }
            let first = weights.firstIndex { $0 > 0 } ?? 0, last = weights.lastIndex { $0 > 0 } ?? -1
            return (first + 1, first <= last ? Array(weights[first...last]) : [])
        }
    }
}
