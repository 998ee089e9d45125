import AudioDSP
import Foundation

/// Recordings that belong together: the same speech, clean, as it came and as it was made.
public struct EvaluationPair: Sendable, Equatable {
    /// What they have in common: their path below the folders, without its extension.
    public var name: String
    /// The clean recording's path; nil where only the estimate is judged.
    public var reference: String?
    /// The recording to be judged.
    public var estimate: String
    /// What the estimate was made from, for improvements.
    public var input: String?

    public init(name: String, reference: String? = nil, estimate: String, input: String? = nil) {
        (self.name, self.reference, self.estimate, self.input) = (name, reference, estimate, input)
    }
}

/// The pairs of two or three folders, by the names of the files.
///
/// `clean/p1/a.flac` belongs to `enhanced/p1/a.wav`: folders and names count, extensions do not. Files that look like
/// audio take part even when they are damaged, so that they are reported and not lost.
public struct EvaluationPairs: Sendable {
    /// A name that one of the folders lacks.
    public struct Missing: Sendable, Equatable {
        public let name: String
        /// The folder without it.
        public let folder: String
    }

    /// In the order of the names.
    public let pairs: [EvaluationPair]
    /// What has no partner, and so is in no pair; a missing input only costs the improvement.
    public let missing: [Missing]

    /// - Parameters: Folders, or one file each.
    /// - Throws: ``EvaluationError``, and ``AudioFolderError`` for folders that cannot be used.
    public init(reference: String?, estimate: String, input: String? = nil) throws {
        let sides = [reference, estimate, input].compactMap { $0 }
        if sides.allSatisfy({ !FileManager.default.isFolder($0) }) {
            for path in sides where !FileManager.default.fileExists(atPath: path) {
                throw AudioFileError.notFound(path: path)
            }
            let name = ((estimate as NSString).lastPathComponent as NSString).deletingPathExtension
            pairs = [EvaluationPair(name: name, reference: reference, estimate: estimate, input: input)]
            missing = []
            return
        }
        let clean = try reference.map { try Self.files(in: $0, role: "reference") }
        let made = try Self.files(in: estimate, role: "estimate")
        let raw = try input.map { try Self.files(in: $0, role: "input") }
        var pairs: [EvaluationPair] = [], missing: [Missing] = []
        for name in Set(made.keys).union(clean?.keys ?? [:].keys).sorted() {
            if let clean, let reference, clean[name] == nil {
                missing.append(Missing(name: name, folder: reference))
            } else if let path = made[name] {
                pairs.append(EvaluationPair(name: name, reference: clean?[name], estimate: path, input: raw?[name]))
                if let raw, let input, raw[name] == nil { missing.append(Missing(name: name, folder: input)) }
            } else {
                missing.append(Missing(name: name, folder: estimate))
            }
        }
        guard !pairs.isEmpty else {
            throw EvaluationError.noPairs(
                reference: reference ?? "", estimate: estimate, example: clean?.keys.min() ?? "", other: made.keys.min() ?? "")
        }
        (self.pairs, self.missing) = (pairs, missing)
    }

    /// Paths by names.
    private static func files(in path: String, role: String) throws -> [String: String] {
        let folder = try AudioFolder(scanning: path, role: role)
        let prefix = path.hasSuffix("/") ? path : path + "/"
        var files: [String: String] = [:]
        for file in folder.recordings.map(\.path) + folder.unreadable.map(\.path) {
            let name = (String(file.dropFirst(prefix.count)) as NSString).deletingPathExtension
            if let other = files.updateValue(file, forKey: name) {
                throw EvaluationError.ambiguous(name: name, first: min(other, file), second: max(other, file))
            }
        }
        return files
    }
}

/// Recordings that are not compared.
public enum EvaluationError: LocalizedError, Equatable {
    case noPairs(reference: String, estimate: String, example: String, other: String)
    case ambiguous(name: String, first: String, second: String)
    case rateMismatch(reference: String, rate: Int, other: String, otherRate: Int)
    case lengthMismatch(reference: String, samples: Int, other: String, otherSamples: Int)
    /// Alignment left nothing that both have.
    case noOverlap(reference: String, other: String)

    public var errorDescription: String? {
        switch self {
        case .noPairs(let reference, let estimate, let example, let other):
            "No recording of \(estimate) has the name of one in \(reference) (\(other) there, \(example) here); "
                + "pairs go by name."
        case .ambiguous(let name, let first, let second):
            "\(first) and \(second) are both called \(name); which of them belongs to the pair is not clear."
        case .rateMismatch(let reference, let rate, let other, let otherRate):
            "\(other) has \(otherRate) Hz and \(reference) has \(rate) Hz. Resample it first, or pass --resample."
        case .lengthMismatch(let reference, let samples, let other, let otherSamples):
            "\(other) has \(otherSamples) samples and \(reference) has \(samples). "
                + "Pass --trim to cut to the shorter, or --align to undo a delay as well."
        case .noOverlap(let reference, let other):
            "\(other) and \(reference) have nothing in common after alignment."
        }
    }
}
