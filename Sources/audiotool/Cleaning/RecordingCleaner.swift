import AudioDSP
import Foundation
import ScoreDiffusion

/// Cleans one recording after the other, from file to file; several threads may do so at once.
struct RecordingCleaner: RecordingWorker {
    var enhancer: SpeechEnhancer
    /// The sample rate to write at, instead of the recording's.
    let rate: Int?
    let truncation: TruncationPolicy

    func work(
        on job: OutputPlan.Job, onProgress: (_ done: Double, _ total: Double) throws -> Void
    ) throws -> CleaningReport.Entry {
        let source = try open(job.input)
        try source.info.requireAudio()
        let output = try RecordingOutput(job, like: source.info, rate: rate)
        defer { output.writer.cancel() }
        var enhancer = enhancer
        enhancer.options.outputRate = output.sampleRate
        let clock = ProgressClock()
        let found = try enhancer.enhance(source, onProgress: { progress in
            let scale = 1 / Double(progress.sampleRate)
            try onProgress(Double(progress.frames) * scale, Double(progress.frameCount) * scale)
        }, into: output.writer.write)
        return try output.finish(
            source.info, remarks: found.inspection.warning.map { [$0] } ?? [], status: "enhanced", seconds: clock.elapsed)
    }

    /// Whether a recording comes only once.
    static func isStream(_ path: String) -> Bool {
        var status = stat()
        return path == "-" || (stat(path, &status) == 0 && ![S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT))
    }

    private func open(_ path: String) throws -> any FileRecordingSource {
        Self.isStream(path)
            ? try SpooledSource(path: path, truncation: truncation) : try FileSource(path: path, truncation: truncation)
    }
}
