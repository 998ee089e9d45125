import AudioDSP
import Foundation
import ScoreDiffusion

/// Cleans one recording after the other, from file to file; several threads may do so at once.
struct RecordingCleaner: Sendable {
    let enhancer: SpeechEnhancer
    /// The sample rate to write at, instead of the recording's.
    let rate: Int?
    let truncation: TruncationPolicy

    /// - Parameter onProgress: seconds of sound done, and in all; an error thrown there ends the work without output.
    func clean(
        _ job: OutputPlan.Job, onProgress: (_ done: Double, _ total: Double) throws -> Void
    ) throws -> CleaningReport.Entry {
        let source = try open(job.input)
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
            let scale = 1 / Double(progress.sampleRate)
            try onProgress(Double(progress.frames) * scale, Double(progress.frameCount) * scale)
        }, into: writer.write)
        let report = try writer.finish()

        if let warning = found.inspection.warning { warnings.append(warning) }
        warnings = source.info.warnings + warnings
        if !report.droppedMetadata.isEmpty {
            warnings.append("dropped: \(report.droppedMetadata.joined(separator: ", "))")
        }
        if report.limitedSamples > 0 { warnings.append("\(report.limitedSamples) samples limited at full scale") }
        return CleaningReport.Entry(
            input: job.input, output: job.output, status: "enhanced", frames: report.frames, sampleRate: outputRate,
            channels: info.channels, seconds: Double(report.frames) / Double(outputRate),
            processingSeconds: clock.elapsed, limitedSamples: report.limitedSamples,
            warnings: warnings.isEmpty ? nil : warnings)
    }

    /// A file, or a stream that comes only once.
    private func open(_ path: String) throws -> any FileRecordingSource {
        var status = stat()
        let isStream = path == "-" || (stat(path, &status) == 0 && ![S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT))
        return isStream
            ? try SpooledSource(path: path, truncation: truncation) : try FileSource(path: path, truncation: truncation)
    }

    private func makeFolder(for output: String) throws {
        let folder = URL(fileURLWithPath: output).deletingLastPathComponent().path
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            // Another thread may have made it in the meantime.
            guard !OutputPlan.isFolder(folder) else { return }
            throw AudioFileError.cannotCreate(path: output, reason: "the folder \(folder) cannot be made")
        }
    }
}
