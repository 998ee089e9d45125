import Foundation

/// Why a codec cannot be made, or cannot take what it is given.
public enum CodecError: LocalizedError, Equatable {
    case invalidSetting(name: String, value: String, fix: String)
    case channelCount(found: Int, expected: Int)
    /// Channels or codebooks of one sound that are not equally long.
    case unequalLengths([Int])
    case notFinite(channel: Int, sample: Int)
    case codebookCount(found: Int, allowed: ClosedRange<Int>)
    case codeOutOfRange(codebook: Int, frame: Int, code: Int, bins: Int)
    case weightNotFinite(path: String, name: String)

    public var errorDescription: String? {
        switch self {
        case .invalidSetting(let name, let value, let fix):
            "The codec's setting \(name) is \(value); \(fix)."
        case .channelCount(let found, let expected):
            "The codec takes \(expected) channel\(expected == 1 ? "" : "s") and was given \(found). Mix or split the sound first."
        case .unequalLengths(let lengths):
            "The rows of one sound have different lengths: \(lengths.map(String.init).joined(separator: ", "))."
        case .notFinite(let channel, let sample):
            "Sample \(sample) of channel \(channel) is NaN or infinite. Repair the sound first."
        case .codebookCount(let found, let allowed) where allowed.count == 1:
            "There are codes of \(found) codebooks and the codec has \(allowed.lowerBound). They were made by another codec."
        case .codebookCount(let found, let allowed):
            "There are codes of \(found) codebooks and the codec takes \(allowed.lowerBound) to \(allowed.upperBound)."
        case .codeOutOfRange(let codebook, let frame, let code, let bins):
            "Code \(code) of codebook \(codebook) in frame \(frame) is not one of 0 to \(bins - 1). "
                + "The codes were made by another codec, or the file is damaged."
        case .weightNotFinite(let path, let name):
            "\(path): the tensor \(name) holds NaN or infinity. Use another checkpoint."
        }
    }
}
