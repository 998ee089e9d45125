import Foundation

/// What is heard of the difference between two signals in each frame.
struct FrameDifferences {
    private(set) var symmetric: [Double]
    /// With additions counting more than omissions.
    private(set) var asymmetric: [Double]
    private let scale: BarkScale

    init(_ scale: BarkScale, frameCount: Int) {
        self.scale = scale
        symmetric = [Double](repeating: .infinity, count: frameCount)
        asymmetric = symmetric
    }

    mutating func clear(_ frame: Int) { (symmetric[frame], asymmetric[frame]) = (0, 0) }

    /// Measures `frames` and keeps what is smaller than before. Gains that vary over time are taken out of `degraded`
    /// first.
    mutating func measure(_ clean: PitchFrames, _ degraded: inout PitchFrames, frames: Range<Int>) {
        var gain = 1.0
        var differences = [Double](repeating: 0, count: scale.bandCount)
        for frame in frames {
            let ratio = (clean.audiblePower(scale, frame: frame, factor: 1) + 5e3)
                / (degraded.audiblePower(scale, frame: frame, factor: 1) + 5e3)
            gain = frame > 0 ? 0.2 * gain + 0.8 * ratio : ratio
            degraded.scale(frame: frame, by: min(5, max(3e-4, gain)))
            for band in 0..<scale.bandCount {
                differences[band] = difference(clean[frame, band], degraded[frame, band], band: band)
            }
            symmetric[frame] = min(symmetric[frame], scale.norm(differences, power: 2))
            for band in 0..<scale.bandCount where differences[band] != 0 {
                differences[band] *= Self.asymmetry(clean[frame, band], degraded[frame, band])
            }
            asymmetric[frame] = min(asymmetric[frame], scale.norm(differences, power: 1))
        }
    }

    /// The difference in loudness, less the quarter of the smaller that is masked.
    private func difference(_ clean: Double, _ degraded: Double, band: Int) -> Double {
        let reference = scale.loudness(clean, band: band), estimate = scale.loudness(degraded, band: band)
        let masked = 0.25 * min(reference, estimate), difference = estimate - reference
        return difference > masked ? difference - masked : difference < -masked ? difference + masked : 0
    }

    private static func asymmetry(_ clean: Double, _ degraded: Double) -> Double {
        let factor = pow((degraded + 50) / (clean + 50), 1.2)
        return factor < 3 ? 0 : min(12, factor)
    }
}
