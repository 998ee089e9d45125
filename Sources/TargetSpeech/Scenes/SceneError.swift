import Foundation

/// What can be wrong with the material or the settings of binaural scenes.
public enum SceneError: Error, Equatable {
    /// A file of head-related responses that cannot be used.
    case unusableResponses(path: String, reason: String)
    /// A setting that cannot be.
    case invalidSetting(name: String, value: String, fix: String)
    /// Too few talkers for the scenes asked for.
    case tooFewTalkers(path: String, talkers: Int, needed: Int)
    /// A table of utterances beside a speech folder that cannot be read.
    case unreadableTable(path: String, reason: String)
    /// Every try to find a stretch that is not silent failed.
    case silentMaterial(role: String, name: String)
}

extension SceneError: LocalizedError {
    public var errorDescription: String? {
        switch self {
        case .unusableResponses(let path, let reason):
            "\(path) holds no usable head-related responses: \(reason)."
        case .invalidSetting(let name, let value, let fix):
            "\(name) is \(value); \(fix)."
        case .tooFewTalkers(let path, let talkers, let needed):
            "The speech folder \(path) has \(talkers) talkers and \(needed) are needed. "
                + "Put each talker's recordings into a folder of its own."
        case .unreadableTable(let path, let reason):
            "The table \(path) cannot be read: \(reason). Mend it, or move it away from the speech folder."
        case .silentMaterial(let role, let name):
            "The \(role) \(name) is silent wherever it was cut. Remove it from its folder."
        }
    }
}
