import Foundation

/// The filters of the analysis and the synthesis of a frame: `[2 bins, window]`, first real, then imaginary parts.
///
/// A windowed discrete Fourier transform, window sin(πn/N), with DC and Nyquist lowered by √2 and the whole scaled by
/// 2 √hop / N. With a hop of more than half the window analysis and synthesis together are not the identity: the
/// network is trained with that.
enum FrameFilterbank {
    static func filters(_ configuration: ExtractorConfiguration) -> [Float] {
        let (length, bins) = (configuration.windowLength, configuration.binCount)
        let scale = 2 * Double(configuration.chunkLength).squareRoot() / Double(length)
        var filters = [Float](repeating: 0, count: 2 * bins * length)
        for bin in 0..<bins {
            let isEdge = bin == 0 || bin == bins - 1
            let factor = isEdge ? scale / 2.0.squareRoot() : scale
            for n in 0..<length {
                let window = factor * sin(.pi * Double(n) / Double(length))
                let phase = 2 * Double.pi * Double(bin * n % length) / Double(length)
                filters[bin * length + n] = Float(window * cos(phase))
                filters[(bins + bin) * length + n] = isEdge ? 0 : Float(-window * sin(phase))
            }
        }
        return filters
    }

    /// Those of a checkpoint, or the ones by formula where it has none.
    static func filters(
        _ name: String, _ weights: StreamWeights, _ configuration: ExtractorConfiguration
    ) throws -> [Float] {
        let name = name + ".filterbank._filters"
        guard weights.contains(name) else { return filters(configuration) }
        return try weights(name, 2 * configuration.binCount, 1, configuration.windowLength)
    }
}
