import AudioDSP
import Foundation

/// Five numbers that tell speech from music and noise. None depends on the level beyond that of the voice activity.
struct SpeechMeasures: Equatable {
    /// Part of the time that the voice activity detector takes for speech.
    let activity: Double
    /// Part of the voiced time in which the pitch glides, by 8 to 120 cents in 10 ms; notes stand still.
    let glide: Double
    /// Decimal logarithm of the depth of modulation near 4 Hz, the rate of syllables, within bands.
    let syllables: Double
    /// The part of that in all modulation from 1 to 24 Hz.
    let syllableShare: Double
    /// Standard deviation of the clarity of pitch over the louder frames: speech goes from vowels to hisses and back.
    let clarityVariation: Double

    /// - Parameters:
    ///   - signal: at 16 kHz.
    ///   - activity: see the property.
    init(_ signal: [Float], activity: Double) throws {
        self.activity = activity
        let pitch = try PitchTrack(signal)
        let glides = pitch.glides(clarity: 0.75)
        glide = Double(glides.count { $0 > 8 && $0 < 120 }) / Double(glides.count + 10)
        clarityVariation = Self.deviation(pitch.loudFrames.map(\.clarity))
        let depths = ModulationSpectrum(try Self.envelopes(signal)).depths
        let slow = depths[ModulationSpectrum.syllables].reduce(0, +)
        syllables = log10(slow + 1e-4)
        syllableShare = slow / (depths.reduce(0, +) + 1e-4)
    }

    /// Magnitudes in 24 mel bands every 10 ms, `[bands][frames]`.
    private static func envelopes(_ signal: [Float]) throws -> [[Double]] {
        let bank = try MelFilterBank(sampleRate: 16_000, nFFT: 512, bandCount: 24, range: 100...7500)
        let power = try MelSpectrogram(STFTConfiguration(nFFT: 512, hopLength: 160, padding: .zeros), bank: bank)(signal)
        return (0..<bank.bandCount).map { band in
            stride(from: band, to: power.count, by: bank.bandCount).map { Double(power[$0]).squareRoot() }
        }
    }

    private static func deviation(_ values: [Double]) -> Double {
        guard !values.isEmpty else { return 0 }
        let count = Double(values.count), mean = values.reduce(0, +) / count
        return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count).squareRoot()
    }
}
