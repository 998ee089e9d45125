import Foundation

/// Why a voice cannot be enrolled from a recording.
public enum EnrollmentError: Error, Equatable {
    case noExamples
    case channels(example: String, count: Int)
    case sampleRate(example: String, rate: Int)
    case notFinite(example: String, channel: Int, frame: Int)
    /// The level in dB relative to full scale; minus infinity for digital silence.
    case silence(example: String, level: Double)
    case notSpeech(example: String)
    /// Seconds of speech, and those needed.
    case tooShort(example: String, speech: Double, needed: Double)
    /// The network gave something that is no vector.
    case unusableVector(example: String, model: String, reason: String)
    /// The vectors of the examples cancel each other.
    case contradictoryExamples
}

extension EnrollmentError: LocalizedError {
    public var errorDescription: String? {
        switch self {
        case .noExamples:
            "There is no example of the voice. Pass at least one recording."
        case .channels(let example, let count):
            "\(example) has \(count) channels; a voice is enrolled from 1 (mono) or 2 (left and right ear). "
                + "Pick one or two of the channels."
        case .sampleRate(let example, let rate):
            "\(example) has a sample rate of \(rate) Hz, which cannot be. Pass a recording of at least 1000 Hz."
        case .notFinite(let example, let channel, let frame):
            "\(example) holds a sample that is no number (channel \(channel + 1), frame \(frame)). Record or convert it anew."
        case .silence(let example, let level):
            "\(example) is silent"
                + (level.isFinite ? " (\(String(format: "%.0f", level)) dB relative to full scale)" : "")
                + ". Check the microphone and record again."
        case .notSpeech(let example):
            "\(example) does not sound like speech: music or noise covers it, or nobody speaks. "
                + "Record the person speaking, closer or in a quieter place."
        case .tooShort(let example, let speech, let needed):
            "\(example) holds only \(String(format: "%.1f", speech)) s of speech and at least "
                + "\(String(format: "%.1f", needed)) s are needed. Record 3 to 5 s of the person speaking."
        case .unusableVector(let example, let model, let reason):
            "The model \(model) gives no usable vector for \(example): \(reason). Use another recording or model."
        case .contradictoryExamples:
            "The examples have nothing in common. Enrol one person at a time."
        }
    }
}
