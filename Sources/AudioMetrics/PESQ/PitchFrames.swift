import Foundation

/// Power densities over time and pitch, `[frames, bands]`.
struct PitchFrames {
    private(set) var values: [Double]
    let bandCount: Int

    init(frameCount: Int, bandCount: Int) {
        values = [Double](repeating: 0, count: frameCount * bandCount)
        self.bandCount = bandCount
    }

    subscript(frame: Int, band: Int) -> Double {
        get { values[frame * bandCount + band] }
        set { values[frame * bandCount + band] = newValue }
    }

    mutating func scale(frame: Int, by factor: Double) {
        for index in frame * bandCount..<(frame + 1) * bandCount { values[index] *= factor }
    }

    func audiblePower(_ scale: BarkScale, frame: Int, factor: Double) -> Double {
        values.withUnsafeBufferPointer { scale.audiblePower($0.baseAddress! + frame * bandCount, factor: factor) }
    }
}

/// Turns frames of samples into power densities over pitch.
final class PitchAnalysis {
    let scale: BarkScale
    private let spectra: PowerFrames
    private var power: [Double]

    init(_ format: PESQFormat) throws {
        scale = BarkScale(sampleRate: format.sampleRate)
        let length = format.frameLength
        spectra = try PowerFrames(
            window: (0..<length).map { 0.5 * (1 - cos(2 * .pi * Double($0) / Double(length))) }, length: length)
        power = [Double](repeating: 0, count: spectra.binCount)
    }

    /// Writes the frame of `signal` that begins at `start`.
    func analyze(_ signal: [Double], at start: Int, into frames: inout PitchFrames, frame: Int) {
        spectra.analyze(signal, at: start, into: &power)
        power[0] = 0
        var bin = 0
        for band in 0..<scale.bandCount {
            var sum = 0.0
            for _ in 0..<scale.binCounts[band] {
                sum += power[bin]
                bin += 1
            }
            frames[frame, band] = sum * scale.gains[band]
        }
    }
}
