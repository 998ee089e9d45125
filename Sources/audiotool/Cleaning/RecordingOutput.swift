import AudioDSP
import Foundation

/// What a job writes: a file of the input's channels and kind, whole or not at all, and the account of it.
struct RecordingOutput {
    let sampleRate: Int
    let writer: AudioFileWriter
    private let job: OutputPlan.Job
    private var warnings: [String] = []

    /// - Parameters:
    ///   - info: what the input is.
    ///   - rate: Hz to write at instead of the input's; the format may force the next one, which ``sampleRate`` tells.
    /// - Throws: `AudioFileError`.
    init(_ job: OutputPlan.Job, like info: AudioFileInfo, rate: Int? = nil) throws {
        self.job = job
        let format = try AudioFileFormat.matching(outputPath: job.output, input: info)
        let wanted = rate ?? info.sampleRate
        sampleRate = try format.supportedSampleRate(for: wanted, path: job.output)
        if sampleRate != wanted { warnings.append("\(format.displayName) is written at \(sampleRate) Hz") }
        if let note = format.note(for: info) { warnings.append(note) }
        if job.makesFolder { try Self.makeFolder(for: job.output) }
        let frames = sampleRate == info.sampleRate ? info.frameCount : nil
        writer = try AudioFileWriter(
            path: job.output, format: format, sampleRate: sampleRate, channels: info.channels, expectedFrames: frames)
    }

    /// Completes the file.
    ///
    /// - Parameters:
    ///   - info: what is known of the input after its end.
    ///   - remarks: warnings of the work itself.
    func finish(_ info: AudioFileInfo, remarks: [String], status: String, seconds: Double) throws -> CleaningReport.Entry {
        let report = try writer.finish()
        var warnings = info.warnings + self.warnings + remarks
        if !report.droppedMetadata.isEmpty { warnings.append("dropped: \(report.droppedMetadata.joined(separator: ", "))") }
        if report.limitedSamples > 0 { warnings.append("\(report.limitedSamples) samples limited at full scale") }
        return CleaningReport.Entry(
            input: job.input, output: job.output, status: status, frames: report.frames, sampleRate: sampleRate,
            channels: info.channels, seconds: Double(report.frames) / Double(sampleRate), processingSeconds: seconds,
            limitedSamples: report.limitedSamples, warnings: warnings.isEmpty ? nil : warnings)
    }

    private static func makeFolder(for output: String) throws {
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
