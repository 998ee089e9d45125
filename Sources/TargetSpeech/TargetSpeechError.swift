import Foundation

/// What can go wrong in enrolling and extracting a voice.
public enum TargetSpeechError: Error, Equatable {
    /// A setting of a network or scene that cannot be.
    case invalidSetting(name: String, value: String, fix: String)
    /// A network's weights lack a tensor.
    case missingWeight(name: String)
    /// A tensor does not fit the network's configuration.
    case weightShape(name: String, found: [Int], expected: [Int])
    /// A tensor holds NaN or infinity.
    case weightNotFinite(name: String)
    /// A voice that was made for another network; 0 when the network takes none.
    case embeddingSize(found: Int, expected: Int)
    /// A voice that holds NaN or infinity.
    case embeddingNotFinite
    /// A signal without any speech where some is needed.
    case noSpeech(of: String)
}

extension TargetSpeechError: LocalizedError {
    public var errorDescription: String? {
        switch self {
        case .invalidSetting(let name, let value, let fix): "\(name) is \(value); \(fix)"
        case .missingWeight(let name):
            "The weights have no tensor \(name). Check that they belong to this network."
        case .weightShape(let name, let found, let expected):
            "The tensor \(name) is \(found) and the configuration asks for \(expected). Use the one of these weights."
        case .weightNotFinite(let name):
            "The tensor \(name) holds NaN or infinity. Use another checkpoint."
        case .embeddingSize(let found, 0):
            "The network hears no particular voice and was given one of \(found) numbers."
        case .embeddingSize(let found, let expected):
            "The voice has \(found) numbers and the network takes \(expected). Enrol it again for this model."
        case .embeddingNotFinite:
            "The voice holds NaN or infinity. Enrol it again."
        case .noSpeech(let result):
            "There is no speech in the signal, so there is no \(result). Pass a recording in which someone speaks."
        }
    }
}
