import ArgumentParser
import AudioDSP
import Foundation
import ScoreDiffusion

/// Works through the jobs of one cleaning command and keeps the account of them.
struct EnhanceSession {
    let enhancer: SpeechEnhancer
    let console: Console
    let interruption: Interruption
    let rate: Int?
    let truncation: TruncationPolicy
    let skipsExisting: Bool
    let printsResults: Bool

    /// One recording's fate, as `--json` shows it.
    struct Result: Encodable {
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
    }

    struct Summary: Encodable {
        var files: [Result] = []
        var enhanced = 0
        var skipped = 0
        var failed = 0
    }

    private(set) var summary = Summary()
    private var wasInterrupted = false
    private var jobCount = 0

    init(
        enhancer: SpeechEnhancer, console: Console, interruption: Interruption, rate: Int?,
        truncation: TruncationPolicy, skipsExisting: Bool, printsResults: Bool
    ) {
        (self.enhancer, self.console, self.interruption, self.rate) = (enhancer, console, interruption, rate)
        (self.truncation, self.skipsExisting, self.printsResults) = (truncation, skipsExisting, printsResults)
    }

    /// Goes on after a recording that fails, and stops when interrupted.
    mutating func run(_ jobs: [OutputPlan.Job]) throws {
        jobCount = jobs.count
        for (index, job) in jobs.enumerated() {
            if interruption.isRequested { wasInterrupted = true }
            if wasInterrupted { return }
            if skipsExisting, job.output != "-", OutputPlan.exists(job.output) {
                summary.skipped += 1
                summary.files.append(Result(input: job.input, output: job.output, status: "skipped"))
                console.note("\(job.output) is there already: skipped")
                continue
            }
            do {
                let result = try enhance(job, label: jobs.count > 1 ? "[\(index + 1)/\(jobs.count)] \(job.input)" : job.input)
                summary.enhanced += 1
                summary.files.append(result)
                try show(result)
            } catch is CancellationError {
                wasInterrupted = true
            } catch {
                summary.failed += 1
                let message = Self.message(of: error, about: job)
                summary.files.append(Result(input: job.input, status: "failed", error: message))
                console.error(message)
            }
        }
    }

    /// Says how it ended: throws the exit code unless all went well.
    func conclude() throws {
        console.clearProgress()
        if wasInterrupted {
            let left = jobCount - summary.files.count
            console.note("Interrupted: \(summary.enhanced) written, \(left) left, nothing half-written.")
            throw ExitCode(130)
        }
        guard summary.failed > 0 else { return }
        if jobCount > 1 {
            let names = summary.files.filter { $0.status == "failed" }.map(\.input)
            console.error("\(summary.failed) of \(jobCount) recordings failed: \(names.joined(separator: ", "))")
        }
        throw ExitCode.failure
    }

    private func enhance(_ job: OutputPlan.Job, label: String) throws -> Result {
        let source = try open(job.input, truncation: truncation)
        let info = source.info
        try info.requireAudio()
        let format = try AudioFileFormat.matching(outputPath: job.output, input: info)
        let wantedRate = rate ?? info.sampleRate
        var enhancer = enhancer
        let outputRate = try format.supportedSampleRate(for: wantedRate, path: job.output)
        enhancer.options.outputRate = outputRate
        var warnings: [String] = []
        if outputRate != wantedRate { warnings.append("\(format.displayName) is written at \(outputRate) Hz") }
        if let note = format.note(for: info) { warnings.append(note) }

        if job.makesFolder { try makeFolder(for: job.output) }
        let frames = outputRate == info.sampleRate ? info.frameCount : nil
        let writer = try AudioFileWriter(
            path: job.output, format: format, sampleRate: outputRate, channels: info.channels, expectedFrames: frames)
        defer { writer.cancel() }
        let clock = ProgressClock()
        let found = try enhancer.enhance(source, onProgress: { progress in
            if interruption.isRequested { throw CancellationError() }
            let scale = 1 / Double(progress.sampleRate)
            console.progress(
                "\(label)  \(clock.line(done: Double(progress.frames) * scale, total: Double(progress.frameCount) * scale))")
        }, into: writer.write)
        if interruption.isRequested { throw CancellationError() }
        let report = try writer.finish()

        if let warning = found.inspection.warning { warnings.append(warning) }
        warnings = source.info.warnings + warnings
        if !report.droppedMetadata.isEmpty {
            warnings.append("dropped: \(report.droppedMetadata.joined(separator: ", "))")
        }
        if report.limitedSamples > 0 { warnings.append("\(report.limitedSamples) samples limited at full scale") }
        return Result(
            input: job.input, output: job.output, status: "enhanced", frames: report.frames, sampleRate: outputRate,
            channels: info.channels, seconds: Double(report.frames) / Double(outputRate),
            processingSeconds: clock.elapsed, limitedSamples: report.limitedSamples,
            warnings: warnings.isEmpty ? nil : warnings)
    }

    private func makeFolder(for output: String) throws {
        let folder = URL(fileURLWithPath: output).deletingLastPathComponent().path
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw AudioFileError.cannotCreate(path: output, reason: "the folder \(folder) cannot be made")
        }
    }

    private func show(_ result: Result) throws {
        for warning in result.warnings ?? [] { console.note("\(result.input): \(warning)") }
        guard printsResults, let output = result.output, let seconds = result.seconds else { return }
        console.clearProgress()
        let speed = seconds / max(result.processingSeconds ?? 0, 1e-3)
        print("\(result.input) → \(output)  " + String(format: "%.1f s, %.1f× real time", seconds, speed))
    }

    /// An error's message, which names the recording.
    private static func message(of error: any Error, about job: OutputPlan.Job) -> String {
        let text = error.localizedDescription
        let name = job.input == "-" ? "standard input" : job.input
        return text.contains(name) || text.contains(job.output) ? text : "\(name): \(text)"
    }
}

/// A file, or a stream that comes only once.
private func open(_ path: String, truncation: TruncationPolicy) throws -> any FileRecordingSource {
    var status = stat()
    let isStream = path == "-" || (stat(path, &status) == 0 && ![S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT))
    return isStream
        ? try SpooledSource(path: path, truncation: truncation) : try FileSource(path: path, truncation: truncation)
}
