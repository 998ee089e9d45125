import AudioDSP
import Foundation

/// What a d-vector encoder hears of a recording: raised to a level, without its pauses.
///
/// Preparation of Resemblyzer 0.1.4, after L. Wan et al., "Generalized end-to-end loss for speaker verification", ICASSP 2018.
public enum UtterancePreparation {
    /// Quieter recordings are raised to this level, in dB relative to full scale.
    public static let level = -30.0

    /// Raises `signal`, at 16 kHz, to `level` if it is quieter and cuts out what is no speech.
    ///
    /// - Returns: The kept windows of 30 ms, joined; empty where nothing is speech.
    public static func prepare(_ signal: [Float]) -> [Float] {
        let raised = raised(signal)
        let keeps = keptWindows(VoiceActivity.flags(of: raised))
        var result: [Float] = []
        for (window, keep) in keeps.enumerated() where keep {
            let start = window * VoiceActivityDetector.frameLength
            result.append(contentsOf: raised[start..<start + VoiceActivityDetector.frameLength])
        }
        return result
    }

    /// The factor that brings `signal` to `level`: 1 where it is louder, and for silence.
    static func gain(_ signal: [Float]) -> Float {
        let change = level - Level.rms(signal)
        return change > 0 && change.isFinite ? Float(Level.gain(decibels: change)) : 1
    }

    static func raised(_ signal: [Float]) -> [Float] {
        let gain = gain(signal)
        return gain == 1 ? signal : signal.map { $0 * gain }
    }

    /// Which windows stay: those around which most of eight flags are up, and three more on either side.
    static func keptWindows(_ flags: [Bool]) -> [Bool] { dilated(majority(flags)) }

    /// Whether more than half of the flags from three before to four after are up.
    static func majority(_ flags: [Bool]) -> [Bool] {
        flags.indices.map { index in
            flags[max(0, index - 3)..<min(flags.count, index + 5)].count { $0 } > 4
        }
    }

    static func dilated(_ flags: [Bool]) -> [Bool] {
        flags.indices.map { index in
            flags[max(0, index - 3)..<min(flags.count, index + 4)].contains(true)
        }
    }
}
