import Foundation

/// Tells speech from music and noise by a logistic regression on `SpeechMeasures`.
///
/// Fitted to excerpts of 3 to 8 s: speech alone and with noise at 0, 5 and 10 dB against recorded noises, game music and
/// rendered tunes. The threshold leans towards taking speech in noise: of recordings that chose nothing it refuses no
/// clean speech, 3 % at 10 dB, 7 % at 5 dB and 25 % at 0 dB, and takes 5 % of the noises and 7 % of the music.
struct SpeechDetector {
    /// Log odds from which a sound counts as speech.
    static let threshold = -0.5

    /// Longer sounds are judged in pieces of at least half this many windows of 30 ms (about 8 s).
    private static let longestPiece = 266

    /// Log odds of speech against other sounds: over the pieces of the signal, weighted by their activity.
    ///
    /// - Parameters:
    ///   - signal: at 16 kHz and about the level at which `flags` were found.
    ///   - flags: voice activity, one for each whole window of 30 ms.
    /// - Returns: Minus infinity where no flag is up.
    static func logOdds(_ signal: [Float], flags: [Bool]) throws -> Double {
        let pieces = max(1, (flags.count + longestPiece - 1) / longestPiece)
        var sum = 0.0, weight = 0
        for piece in 0..<pieces {
            let range = flags.count * piece / pieces..<flags.count * (piece + 1) / pieces
            let active = flags[range].count { $0 }
            guard active > 0 else { continue }
            let length = VoiceActivityDetector.frameLength
            let end = piece == pieces - 1 ? signal.count : range.upperBound * length
            let measures = try SpeechMeasures(
                Array(signal[range.lowerBound * length..<end]), activity: Double(active) / Double(range.count))
            sum += Double(active) * logOdds(measures)
            weight += active
        }
        return weight > 0 ? sum / Double(weight) : -.infinity
    }

    static func logOdds(_ measures: SpeechMeasures) -> Double {
        2.44 * measures.activity + 11.9 * measures.glide + 2.64 * measures.syllables + 3.63 * measures.syllableShare
            + 8.12 * measures.clarityVariation - 8.41
    }
}
