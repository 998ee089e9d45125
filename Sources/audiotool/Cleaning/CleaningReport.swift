import Foundation

/// What became of the recordings, as `--json` shows it.
struct CleaningReport: Encodable {
    /// One recording's fate.
    struct Entry: Encodable {
        var input: String
        /// Only of a file that was written or was there already.
        var output: String?
        var status: String
        var error: String?
        var frames: Int?
        var sampleRate: Int?
        var channels: Int?
        var seconds: Double?
        var processingSeconds: Double?
        var limitedSamples: Int?
        var warnings: [String]?
        /// Of an extraction: whether the voice was there.
        var presence: TargetReport?
        /// Of a search: what the rewards say.
        var search: NoiseSearchReport?
    }

    /// In the order of the inputs; recordings that an interruption left out are missing.
    var files: [Entry] = []
    /// What was done to recordings, as their status says it.
    var verb = "enhanced"
    /// Recordings that are written.
    var done: Int { count(verb) }
    var skipped: Int { count("skipped") }
    var failed: Int { count("failed") }

    private enum CodingKeys: CodingKey { case files, enhanced, extracted, skipped, failed }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(files, forKey: .files)
        try container.encode(done, forKey: verb == "extracted" ? .extracted : .enhanced)
        try container.encode(skipped, forKey: .skipped)
        try container.encode(failed, forKey: .failed)
    }

    private func count(_ status: String) -> Int { files.count { $0.status == status } }

    /// "12 recordings: 9 cleaned, 2 skipped, 1 failed; 10:31 of sound in 1:02, 10.2× real time".
    ///
    /// - Parameter elapsed: seconds that all of it took.
    func summary(elapsed: Double) -> String {
        let counts = [(done, verb == "enhanced" ? "cleaned" : verb), (skipped, "skipped"), (failed, "failed")].filter { $0.0 > 0 }
        let text = "\(files.count) recordings: " + counts.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
        let seconds = files.reduce(0) { $0 + ($1.status == verb ? $1.seconds ?? 0 : 0) }
        guard done > 0 else { return text }
        return text + "; \(ProgressClock.duration(seconds)) of sound in \(ProgressClock.duration(elapsed)), "
            + String(format: "%.1f× real time", seconds / max(elapsed, 1e-3))
    }
}
