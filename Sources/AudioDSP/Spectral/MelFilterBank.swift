import Foundation

/// Triangular filters evenly spaced in mel, with the values of `librosa.filters.mel`.
///
/// Each filter rises linearly in Hz from one edge to the next and falls to the one after. Filters narrower than
/// the distance of two bins can be empty; they stay, with all weights zero.
public struct MelFilterBank: Sendable, Equatable {
    /// What the filters' heights are.
    public enum Normalization: Sendable, Hashable {
        /// One.
        case none
        /// `2 / width` in Hz, so that all filters have the same area.
        case area
    }

    public let bandCount: Int
    public let binCount: Int
    /// The corners of the triangles in Hz, `bandCount + 2` values.
    public let edges: [Double]
    private let filters: [Filter]

    private struct Filter: Sendable, Equatable {
        let firstBin: Int
        let weights: [Float]
    }

    /// - Parameters:
    ///   - sampleRate: In Hz.
    ///   - nFFT: Length of the transform that makes the spectra.
    ///   - range: Lowest and highest edge in Hz, to half the sample rate; all of it when left out.
    public init(
        sampleRate: Int, nFFT: Int, bandCount: Int, range: ClosedRange<Double>? = nil, scale: MelScale = .slaney,
        normalization: Normalization = .area
    ) throws {
        func refuse(_ reason: String) -> SignalError { .invalidSetting(operation: "Mel filter bank", reason: reason) }
        guard sampleRate > 0, nFFT > 0, bandCount > 0 else {
            throw refuse("sample rate, transform length and number of bands must be positive")
        }
        let nyquist = Double(sampleRate) / 2
        let range = range ?? 0...nyquist
        guard range.lowerBound >= 0, range.upperBound <= nyquist, range.lowerBound < range.upperBound else {
            throw refuse("the range must be within 0 to \(nyquist) Hz, not \(range)")
        }
        self.bandCount = bandCount
        let binCount = nFFT / 2 + 1
        self.binCount = binCount
        let edges = scale.frequencies(bandCount + 2, in: range)
        self.edges = edges
        let spacing = Double(sampleRate) / Double(nFFT)
        filters = (0..<bandCount).map { band in
            let (low, middle, high) = (edges[band], edges[band + 1], edges[band + 2])
            let height = normalization == .area ? 2 / (high - low) : 1
            let first = min(binCount, Int((low / spacing).rounded(.up)))
            let end = min(binCount, Int((high / spacing).rounded(.down)) + 1)
            let weights = (first..<max(first, end)).map { bin in
                let frequency = Double(bin) * spacing
                let slope = min((frequency - low) / (middle - low), (high - frequency) / (high - middle))
                return Float(max(0, slope) * height)
            }
            return Filter(firstBin: first, weights: weights)
        }
    }

    /// All weights, `[bands, bins]`.
    public var matrix: [Float] {
        var matrix = [Float](repeating: 0, count: bandCount * binCount)
        for (band, filter) in filters.enumerated() {
            for (index, weight) in filter.weights.enumerated() {
                matrix[band * binCount + filter.firstBin + index] = weight
            }
        }
        return matrix
    }

    /// Bands without a single bin.
    public var emptyBandCount: Int { filters.count { filter in filter.weights.allSatisfy { $0 == 0 } } }

    /// Weighted sums over the bins of each frame.
    ///
    /// - Parameter spectra: Power or magnitude, `[frames, bins]`.
    /// - Returns: `[frames, bands]`.
    public func apply(_ spectra: [Float]) throws -> [Float] {
        guard spectra.count.isMultiple(of: binCount) else {
            throw SignalError.mismatch(
                operation: "Mel filter bank", reason: "\(spectra.count) values are not whole frames of \(binCount) bins")
        }
        let frameCount = spectra.count / binCount
        return [Float](unsafeUninitializedCapacity: frameCount * bandCount) { output, initialized in
            spectra.withUnsafeBufferPointer { spectra in
                for frame in 0..<frameCount {
                    for (band, filter) in filters.enumerated() {
                        var sum: Float = 0
                        let first = frame * binCount + filter.firstBin
                        filter.weights.withUnsafeBufferPointer { weights in
                            for index in weights.indices { sum += weights[index] * spectra[first + index] }
                        }
                        output[frame * bandCount + band] = sum
                    }
                }
            }
            initialized = frameCount * bandCount
        }
    }
}
