import Foundation

/// Why there are no embeddings.
public enum EncoderError: LocalizedError, Equatable {
    /// A recording without a sample.
    case empty
    case notFinite(what: String)
    /// Not among the encoders that are built in or installed.
    case unknown(name: String, known: [String])
    case noTextSide(encoder: String)
    /// Captions need a model, and none is installed.
    case noTextEncoder
    /// A folder or file of another network, or of a variant that is not supported.
    case unsupported(path: String, reason: String)
    case invalidTokenizer(path: String, reason: String)

    public var errorDescription: String? {
        switch self {
        case .empty: "The recording is empty."
        case .notFinite(let what): "There is \(what) that is not a finite number."
        case .unknown(let name, let known):
            "There is no encoder called \(name). There are: \(known.joined(separator: ", ")). "
                + "'audiotool models import' adds CLAP and VGGish."
        case .noTextSide(let encoder):
            "The encoder \(encoder) knows no text. Name a CLAP model with --encoder; 'audiotool models import' installs one."
        case .noTextEncoder:
            "Captions need a CLAP model, and none is installed. Fetch a folder such as laion/larger_clap_music from Hugging "
                + "Face, then: audiotool models import FOLDER --name clap."
        case .unsupported(let path, let reason): "\(path) cannot serve as an encoder: \(reason)."
        case .invalidTokenizer(let path, let reason): "The tokenizer in \(path) cannot be used: \(reason)."
        }
    }
}
