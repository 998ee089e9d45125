import AudioDSP
import Foundation

/// The tempo of music, from how its onsets repeat.
///
/// Onset strength is the mean rise of 40 log-mel bands from frame to frame, 100 frames a second, less its mean over the
/// second around. Its autocorrelation is summed at a beat's lag and its multiples, and weighted by how usual a tempo is: a
/// log-normal curve around 120 beats a minute, an octave wide. D. Ellis, "Beat tracking by dynamic programming", 2007.
public struct TempoEstimator: Sendable {
    public struct Estimate: Sendable, Equatable {
        public let beatsPerMinute: Double
        /// The autocorrelation at the beat's lag, 0 to 1: how strictly the onsets repeat.
        public let clarity: Double
    }

    /// Beats a minute between which is looked.
    public static let range = 40.0...240.0
    /// Below this there is no pulse to speak of: noise stays under it.
    public static let leastClarity = 0.15
    /// Seconds that it needs.
    public static let shortest = 4.0

    private static let sampleRate = 24_000, hop = 240, frameRate = 100.0

    public init() {}

    /// Nil for recordings that are too short or have no clear pulse.
    public func callAsFunction(_ sound: AudioBuffer) throws -> Estimate? {
        guard sound.duration >= Self.shortest else { return nil }
        let mono = try AudioBuffer(channels: [sound.mono], sampleRate: sound.sampleRate).resampled(to: Self.sampleRate).channels[0]
        let onsets = try onsetStrength(mono)
        let correlation = Self.autocorrelation(onsets, upTo: Int(4 * 60 * Self.frameRate / Self.range.lowerBound))
        guard let correlation else { return nil }
        func value(_ lag: Double) -> Double {
            let base = Int(lag), rest = lag - Double(base)
            return base + 1 < correlation.count ? correlation[base] * (1 - rest) + correlation[base + 1] * rest : 0
        }
        // Steps of 0.2 % of the tempo.
        let count = Int(log(Self.range.upperBound / Self.range.lowerBound) / 0.002)
        let candidates = (0...count).map { Self.range.lowerBound * exp(0.002 * Double($0)) }
        func strength(_ tempo: Double) -> Double {
            let lag = 60 * Self.frameRate / tempo, octaves = log2(tempo / 120)
            return (value(lag) + value(2 * lag) + value(3 * lag) + value(4 * lag)) / 4 * exp(-0.5 * octaves * octaves)
        }
        guard let best = candidates.max(by: { strength($0) < strength($1) }) else { return nil }
        let clarity = value(60 * Self.frameRate / best)
        return clarity >= Self.leastClarity ? Estimate(beatsPerMinute: best, clarity: min(clarity, 1)) : nil
    }

    private func onsetStrength(_ signal: [Float]) throws -> [Double] {
        let bands = 40
        let bank = try MelFilterBank(
            sampleRate: Self.sampleRate, nFFT: 1024, bandCount: bands, range: 30...11_000, scale: .htk, normalization: .none)
        let mel = try MelSpectrogram(
            STFTConfiguration(nFFT: 1024, hopLength: Self.hop, centered: true, padding: .zeros), bank: bank, spectrum: .power)
        let spectra = try mel(signal)
        let floor = max((spectra.max() ?? 0) * 1e-6, .leastNormalMagnitude)
        let levels = spectra.map { log(max($0, floor)) }
        let frames = levels.count / bands
        let rises = (1..<max(frames, 1)).map { frame in
            (0..<bands).reduce(0.0) { $0 + Double(max(0, levels[frame * bands + $1] - levels[(frame - 1) * bands + $1])) } / Double(
                bands)
        }
        let reach = Int(Self.frameRate / 2)
        return rises.indices.map { index in
            let around = rises[max(0, index - reach)...min(rises.count - 1, index + reach)]
            return rises[index] - around.reduce(0, +) / Double(around.count)
        }
    }

    /// Correlation coefficients of a track with itself; nil for one that does not change.
    private static func autocorrelation(_ track: [Double], upTo lags: Int) -> [Double]? {
        let energy = track.reduce(0) { $0 + $1 * $1 } / Double(max(track.count, 1))
        guard energy > 1e-9, track.count > 2 else { return nil }
        return (0...min(lags, track.count - 2)).map { lag in
            let pairs = track.count - lag
            return (0..<pairs).reduce(0) { $0 + track[$1] * track[$1 + lag] } / Double(pairs) / energy
        }
    }
}
