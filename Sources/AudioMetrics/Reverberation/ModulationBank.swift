import Foundation

/// Eight band-pass filters of quality 2 for envelopes, their centres spaced evenly in pitch.
struct ModulationBank {
    typealias Lanes = SIMD8<Double>
    static let count = 8
    private static let quality = 2.0

    /// In Hz.
    let centers: [Double]
    /// The lower edges of the bands, in Hz.
    let edges: [Double]
    private var b = Lanes.zero, a1 = Lanes.zero, a2 = Lanes.zero

    init(from lowest: Double, to highest: Double, sampleRate: Int) {
        let rate = Double(sampleRate)
        centers = (0..<Self.count).map { lowest * pow(highest / lowest, Double($0) / Double(Self.count - 1)) }
        edges = centers.map { $0 - tan(.pi * $0 / rate) / Self.quality * rate / (2 * .pi) }
        for (lane, center) in centers.enumerated() {
            let w = tan(.pi * center / rate), width = w / Self.quality
            let scale = 1 + width + w * w
            b[lane] = width / scale
            a1[lane] = (2 * w * w - 2) / scale
            a2[lane] = (1 - width + w * w) / scale
        }
    }

    /// The energy in every whole frame of `envelope` in every band, `[frames]`.
    ///
    /// - Parameter weights: The squared window.
    func energies(_ envelope: [Double], weights: [Double], hop: Int) -> [Lanes] {
        let count = envelope.count < weights.count ? 0 : 1 + (envelope.count - weights.count) / hop
        var energies = [Lanes](repeating: .zero, count: count)
        var first = Lanes.zero, second = Lanes.zero
        weights.withUnsafeBufferPointer { weights in
            for (index, value) in envelope.enumerated() {
                let x = Lanes(repeating: value)
                let y = b * x + first
                first = second - a1 * y
                second = -b * x - a2 * y
                let square = y * y
                var frame = min(count - 1, index / hop)
                while frame >= 0, index - frame * hop < weights.count {
                    energies[frame] += square * weights[index - frame * hop]
                    frame -= 1
                }
            }
        }
        return energies
    }
}
