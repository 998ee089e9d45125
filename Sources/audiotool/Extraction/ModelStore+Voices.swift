import ModelLibrary
import TargetSpeech

extension ModelStore {
    /// The installed enrolment model that made a voice; nil where there is none.
    func enrollmentEncoder(of model: Voice.Model) -> NetworkEnrollmentEncoder? {
        entries().lazy.compactMap { try? $0.model.get() }
            .filter { $0.kind == ModelFile.Kind.enrollment.rawValue }
            .compactMap { try? NetworkEnrollmentEncoder($0) }
            .first { $0.model.sha256 == model.sha256 }
    }
}
