import AudioDSP
import Foundation
import ModelLibrary
import TargetSpeech

extension VoiceExtracting {
    /// Lets the voice through from now on, if the model understands it.
    func use(_ voice: Voice, of model: StreamingModel, path: String) throws {
        try model.check(voice, path: path)
        try setVoice(voice.vector)
    }
}

/// Enrols a voice while its extractor runs, and has it let through at once.
struct LiveEnroller: Sendable {
    let extractor: any VoiceExtracting
    let model: StreamingModel
    let store: ModelStore
    /// The enrolment model; nil for the default one.
    let encoderName: String?

    /// - Returns: how it went, in a sentence.
    func enroll(_ sound: AudioBuffer) -> String {
        do {
            let encoder = try NetworkEnrollmentEncoder(store.model(encoderName, kind: .enrollment))
            let voice = try VoiceEnroller(encoder: encoder).enroll([.init(name: "the recording", sound: sound)])
            try extractor.use(voice, of: model, path: "the recording")
            return String(format: "enrolled, confidence %.2f", voice.confidence)
        } catch {
            return "not enrolled: \(error.localizedDescription) The voice is the one before."
        }
    }
}
