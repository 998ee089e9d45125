import AudioDSP
import TargetSpeech

/// Extracts a voice from recordings.
struct RecordingExtractor: RecordingWorker {
    let model: StreamingModel
    let voice: Voice
    let voicePath: String
    /// 0 (the recording as it is) to 1.
    let strength: Double
    let truncation: TruncationPolicy

    func work(
        on job: OutputPlan.Job, onProgress: (_ done: Double, _ total: Double) throws -> Void
    ) throws -> CleaningReport.Entry {
        let reader = try AudioFileReader(path: job.input, truncation: truncation)
        try reader.info.requireAudio()
        let (rate, channels) = (reader.info.sampleRate, reader.info.channels)
        let output = try RecordingOutput(job, like: reader.info)
        defer { output.writer.cancel() }
        let clock = ProgressClock()
        let watch = try PresenceWatch(
            ChannelMappedProcessor(
                model.recordingProcessor(voice: voice, path: voicePath), inputChannels: channels, outputChannels: channels),
            settings: model.presence)
        let stream = try RecordingStream(watch, sampleRate: rate, strength: Float(strength))
        let converter = try StreamingResampler(from: rate, to: output.sampleRate, channels: channels)
        func deliver(_ channels: [[Float]]) throws {
            guard channels[0].count > 0 else { return }
            try output.writer.write(AudioBuffer(channels: channels, sampleRate: output.sampleRate))
        }
        var inspection = SampleInspection()
        func next(_ frames: Int) throws -> AudioBuffer? {
            guard let block = try reader.read(frames: frames) else { return nil }
            inspection.inspect(block)
            try inspection.requireFinite(path: reader.info.path)
            return block
        }
        var start = model.warmUp > 0 ? try next(max(1, Int(model.warmUp * Double(rate)))) : nil
        if let start {
            for _ in 0..<2 { try stream.warmUp(start) }
            watch.forget()
        }
        while let block = try start ?? next(Self.blockFrames) {
            start = nil
            let done = Double(reader.framesRead) / Double(rate)
            try onProgress(done, reader.info.duration ?? done)
            try deliver(converter.process(stream.process(block).channels))
        }
        guard reader.framesRead > 0 else { throw AudioFileError.noAudio(path: reader.info.path) }
        try deliver(converter.process(stream.finish().channels))
        let report = TargetReport(watch.verdict)
        try deliver(converter.flush())
        var entry = try output.finish(
            reader.info, remarks: [inspection.warning, report.sentence].compactMap { $0 }, status: Self.status, seconds: clock.elapsed)
        entry.presence = report
        return entry
    }

    static let status = "extracted"
    private static let blockFrames = 16_384
}
