import Foundation

/// Tells speech from music and noise by a logistic regression on `SpeechMeasures`.
///
/// Fitted to binaural enrolments of 2 to 5 s with the talker in front of noise and other talkers (-13 to 10 dB), and to
/// excerpts of recorded noises, game music and rendered tunes. Of recordings left out of the fit it refuses 11 % of such
/// enrolments, and takes 10 % of the noises and 9 % of the music.
struct SpeechDetector {
    /// Log odds from which a sound counts as speech.
    static let threshold = 0.0

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
        8.37 * measures.activity + 7.42 * measures.glide + 1.44 * measures.syllables + 1.39 * measures.syllableShare
            + 21.0 * measures.clarityVariation - 12.04
    }
}
