import Foundation

/// Tells speech from music and noise by a logistic regression on `SpeechMeasures`.
struct SpeechDetector {
    /// For one microphone.
    ///
    /// Fitted to speech alone and with noise at 0, 5 and 10 dB, to recorded noises and to rendered tunes. Of recordings that
    /// chose nothing it refuses 1 % of clean speech, 5 % at 10 dB, 6 % at 5 dB and 13 % at 0 dB, and takes 5 % of the noises
    /// and 14 % of game music.
    static let oneEar = SpeechDetector(
        activity: 5.34, glide: 5.86, rootOfGlide: 4.29, glidingSyllables: 6.33, syllables: 0.3, syllableShare: -0.53,
        smallVariation: 36.19, variation: -4.53, bias: -12.8)

    /// For what `FrontBeam` leaves of two ears.
    ///
    /// Fitted to binaural enrolments of 2 to 5 s with the talker in front of noise and other talkers (-13 to 10 dB), to clean
    /// speech from anywhere, to noises and tunes in front and all around. Of recordings that chose nothing it refuses 3 % of
    /// such enrolments and 1 % of clean speech, and takes 7 % of the noises and 7 % of game music.
    static let front = SpeechDetector(
        activity: 4, glide: 7.01, rootOfGlide: 3.35, glidingSyllables: 9, syllables: 1.98, syllableShare: 1.56,
        smallVariation: 10.67, variation: -1.92, bias: -9.16)

    /// Log odds from which a sound counts as speech.
    static let threshold = 0.0

    let activity, glide, rootOfGlide, glidingSyllables, syllables, syllableShare: Double
    /// Of the variation of clarity up to 0.2, and of all of it.
    let smallVariation, variation: Double
    let bias: Double

    /// Longer sounds are judged in pieces of at least half this many windows of 30 ms (about 8 s).
    private static let longestPiece = 266

    /// Log odds of speech against other sounds: over the pieces of the signal, weighted by their activity.
    ///
    /// - Parameters:
    ///   - signal: at 16 kHz and about the level at which `flags` were found.
    ///   - flags: voice activity, one for each whole window of 30 ms.
    /// - Returns: Minus infinity where no flag is up.
    func logOdds(_ signal: [Float], flags: [Bool]) throws -> Double {
        let pieces = max(1, (flags.count + Self.longestPiece - 1) / Self.longestPiece)
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

    func logOdds(_ measures: SpeechMeasures) -> Double {
        let clarity = measures.clarityVariation
        return activity * measures.activity + glide * measures.glide + rootOfGlide * measures.glide.squareRoot()
            + glidingSyllables * measures.glide * measures.syllables + syllables * measures.syllables
            + syllableShare * measures.syllableShare + smallVariation * min(clarity, 0.2) + variation * clarity + bias
    }
}
