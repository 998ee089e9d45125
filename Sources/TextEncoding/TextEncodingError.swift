import Foundation

/// Why texts cannot be encoded, or captions not be read.
public enum TextEncodingError: LocalizedError, Equatable {
    case invalidTokenizer(path: String, reason: String)
    case noTokenizer(path: String)
    /// The tokeniser has pieces that the text encoder does not know.
    case vocabularyTooLarge(path: String, pieces: Int, entries: Int)
    /// More characters in the texts than a vocabulary may have pieces.
    case vocabularyTooSmall(size: Int, needed: Int)
    /// A folder without its list of captions.
    case noCaptions(path: String)
    /// A line of the list that does not say what it must.
    case invalidCaption(path: String, line: Int, reason: String)
    case missingRecording(path: String, line: Int, recording: String)
    /// Nothing would be left to train with.
    case tooFewTunes(path: String)

    public var errorDescription: String? {
        switch self {
        case .invalidTokenizer(let path, let reason):
            "\(path) is no tokeniser that can be read: \(reason)."
        case .noTokenizer(let path):
            "\(path) has no tokeniser (spiece.model or tokenizer.json). Fetch the whole model."
        case .vocabularyTooLarge(let path, let pieces, let entries):
            "\(path): the tokeniser has \(pieces) pieces and the text encoder only \(entries) entries. They belong to different models."
        case .vocabularyTooSmall(let size, let needed):
            "A vocabulary of \(size) pieces cannot hold the \(needed) that every text needs. Allow more."
        case .noCaptions(let path):
            "\(path) says nothing of its recordings: it needs a clips.jsonl, with {\"file\": …, \"caption\": …} on each line."
        case .invalidCaption(let path, let line, let reason):
            "\(path), line \(line): \(reason)."
        case .missingRecording(let path, let line, let recording):
            "\(path), line \(line): there is no recording at \(recording)."
        case .tooFewTunes(let path):
            "\(path) has clips of one tune only, and some tunes are held out for validation: add more, or name others with --valid-music."
        }
    }
}
