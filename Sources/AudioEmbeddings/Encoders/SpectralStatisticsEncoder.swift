import AudioDSP
import Foundation
import NeuralCore

/// An encoder without weights: statistics of log-mel spectra over stretches of one second.
///
/// It describes level and timbre (mean of every band), dynamics (standard deviation of every band) and rhythm (how fast
/// groups of bands swell). It was not learned from anybody's judgement: distances under it tell whether two sets have
/// alike spectra and movement, not whether they have the same quality, style or meaning, and the numbers compare only
/// with others of this encoder.
///
/// For a stretch with band levels `L[t, b]` = log₁₀(power + 10⁻⁸) of 51 frames (64 ms, every 20 ms, 32 bands of equal
/// width in mel from 40 Hz to 16 kHz), an embedding is: 32 means over `t`; 32 standard deviations over `t`; and for 8
/// groups of 4 neighbouring bands, whose mean level is `G[t]`, log₁₀(P + 10⁻⁴) of the power `P` of `G`'s changes in
/// 1–4, 5–11 and 12–25 Hz. 88 values.
public struct SpectralStatisticsEncoder: AudioEncoder {
    public let name = "spectral"
    public let identity = "spectral-statistics 1"
    public let sampleRate = 32_000
    public let dimension = 2 * bands + 3 * groups
    public let cutting =
        "stretches of 1 s every 0.5 s, the last one ending with the recording; shorter recordings are repeated"

    private static let bands = 32, groups = 8, frames = 51
    private static let rates = [1...4, 5...11, 12...25]
    private static let configuration = STFTConfiguration(nFFT: 2048, hopLength: 640, centered: true, padding: .zeros)
    private static let stretches = Stretches(length: 32_000, hop: 16_000)

    public init() {}

    public func embeddings(ofSignal signal: [Float]) throws -> Tensor {
        let signal = Stretches.repeated(signal, to: Self.stretches.length)
        let bank = try MelFilterBank(
            sampleRate: sampleRate, nFFT: 2048, bandCount: Self.bands, range: 40...16_000, scale: .htk, normalization: .none)
        let mel = try MelSpectrogram(Self.configuration, bank: bank)
        let scale = 1 / Float(1024 * 1024)
        let levels = try mel(signal).map { log10($0 * scale + 1e-8) }
        let starts = Self.stretches.starts(in: signal.count)
        let rows = starts.map { start in
            // Starts that are no multiple of the hop begin at the frame before.
            let first = start / 640 * Self.bands
            return Self.describe(levels[first..<first + Self.frames * Self.bands].map(Double.init))
        }
        return Tensor(rows.flatMap { $0 }, shape: [rows.count, dimension])
    }

    /// - Parameter levels: `[frames, bands]`
    private static func describe(_ levels: [Double]) -> [Float] {
        var result: [Double] = [], deviations: [Double] = []
        for band in 0..<bands {
            let track = (0..<frames).map { levels[$0 * bands + band] }
            let mean = track.reduce(0, +) / Double(frames)
            result.append(mean)
            deviations.append((track.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(frames)).squareRoot())
        }
        result += deviations
        let width = bands / groups
        for group in 0..<groups {
            // 50 frames are one second, so component k of their transform is at k Hz.
            let track = (0..<frames - 1).map { frame in
                (0..<width).reduce(0) { $0 + levels[frame * bands + group * width + $1] } / Double(width)
            }
            let powers = changes(track)
            result += rates.map { log10(powers[$0].reduce(0, +) + 1e-4) }
        }
        return result.map { Float($0) }
    }

    /// Powers of a track's components at 0, 1, … Hz; the power of a sine of amplitude a is a²/2.
    private static func changes(_ track: [Double]) -> [Double] {
        let count = track.count
        return (0...count / 2).map { rate in
            var (real, imaginary) = (0.0, 0.0)
            for (time, value) in track.enumerated() {
                let angle = 2 * Double.pi * Double(rate * time % count) / Double(count)
                real += value * cos(angle)
                imaginary += value * sin(angle)
            }
            return 2 * (real * real + imaginary * imaginary) / Double(count * count)
        }
    }
}
