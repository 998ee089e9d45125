import Foundation

/// The mean over short frames of the signal-to-noise ratio, each frame held to -10…35 dB.
///
/// Two definitions are in use and differ by several dB on recordings with pauses.
public enum SegmentalSNR {
    private static let limits = -10.0...35.0

    /// Over the frames of 32 ms, every 16 ms, in which the reference is less than 40 dB under its loudest
    /// frame; rectangular windows. The one for reports.
    public static func active(reference: [Float], estimate: [Float], sampleRate: Int) throws -> MetricValue {
        guard sampleRate > 0 else { throw MetricError.invalidSampleRate(sampleRate) }
        try checkPair(reference: reference, estimate: estimate)
        let length = max(2, sampleRate * 32 / 1000)
        guard reference.count >= length else { return .undefined(.tooShort(samples: reference.count, needed: length)) }
        let hop = length / 2
        let starts = stride(from: 0, through: reference.count - length, by: hop)
        let energies = starts.map { start in frame(reference, estimate, start, length) { _ in 1 } }
        let loudest = energies.map(\.signal).max() ?? 0
        guard loudest > 0 else { return .undefined(.silentReference) }
        let values = energies.filter { $0.signal > loudest * 1e-4 }.map {
            10 * log10(($0.signal + 1e-12) / ($0.noise + 1e-12))
        }
        return .defined(mean(values))
    }

    /// Over all frames of 30 ms, silent ones too, every 7.5 ms but the last; Hann windows. The one inside CBAK
    /// (Hu and Loizou, "Evaluation of objective quality measures for speech enhancement", 2008).
    public static func composite(reference: [Float], estimate: [Float], sampleRate: Int) throws -> MetricValue {
        guard sampleRate > 0 else { throw MetricError.invalidSampleRate(sampleRate) }
        try checkPair(reference: reference, estimate: estimate)
        let frames = ShortFrames(sampleRate: sampleRate)
        let count = frames.count(reference.count) - 1
        guard count > 0 else {
            return .undefined(.tooShort(samples: reference.count, needed: frames.length + frames.hop))
        }
        guard reference.contains(where: { $0 != 0 }) else { return .undefined(.silentReference) }
        let smallest = Double.ulpOfOne
        let values = (0..<count).map { index in
            let energy = frame(reference, estimate, index * frames.hop, frames.length) { frames.window[$0] }
            return 10 * log10(energy.signal / (energy.noise + smallest) + smallest)
        }
        return .defined(mean(values))
    }

    private static func frame(
        _ reference: [Float], _ estimate: [Float], _ start: Int, _ length: Int, weight: (Int) -> Double
    ) -> (signal: Double, noise: Double) {
        var (signal, noise) = (0.0, 0.0)
        for index in 0..<length {
            let value = Double(reference[start + index])
            let (a, b) = (weight(index) * value, weight(index) * (value - Double(estimate[start + index])))
            signal += a * a
            noise += b * b
        }
        return (signal, noise)
    }

    private static func mean(_ values: [Double]) -> Double {
        values.reduce(0) { $0 + min(max($1, limits.lowerBound), limits.upperBound) } / Double(values.count)
    }
}
