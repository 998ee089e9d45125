import ArgumentParser
import AudioDSP
import Foundation
import ModelLibrary
import MusicRL
import NeuralCore

/// How a generation is shown.
struct GenerationSession {
    let console: Console
    let threads: Int?
    let isVerbose: Bool
    let printsJSON: Bool
}

/// Clips to be made, and where they go.
struct GenerationJob {
    private let prompt: String
    private let seconds: Double
    private let seeds: [UInt64]
    private let outputs: [String]
    private let sampling: (SamplingSettings) -> SamplingSettings
    private let precision: WeightPrecision?
    private let modelName: String?
    private let start: String?
    /// What the clip must become again.
    private let record: MusicRecord?

    init(
        prompt: String, output: String, seconds: Double, clips: Int, seed: UInt64,
        sampling: @escaping (SamplingSettings) -> SamplingSettings, precision: WeightPrecision?, model: String?, start: String?
    ) {
        (self.prompt, self.seconds, self.sampling, self.precision) = (prompt, seconds, sampling, precision)
        seeds = (0..<clips).map { seed &+ UInt64($0) }
        outputs = Self.outputs(output, count: clips)
        (modelName, self.start, record) = (model, start, nil)
    }

    /// A clip to be made again; without an output, where it was.
    ///
    /// - Throws: `MusicGenerationError` for files that are no record.
    init(record path: String, output: String?, model: String?, start: String?) throws {
        let record = try MusicRecord(reading: path)
        (prompt, seconds, seeds, precision) = (record.prompt, record.seconds, [record.seed], record.precision)
        sampling = { _ in record.sampling }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        outputs = [output ?? folder.appendingPathComponent((record.sound.name as NSString).lastPathComponent).relativePath]
        modelName = model ?? record.model.name
        self.start = start ?? record.start?.name
        self.record = record
    }

    func run(_ session: GenerationSession) throws {
        if let threads = session.threads { ComputeThreads.count = threads }
        let model = try Self.music(modelName), hash = try model.file.contentHash()
        if let record, record.model.sha256 != hash {
            throw MusicGenerationError.fileDiffers(path: model.file.path, what: "the model")
        }
        let recording = try startRecording()
        let request = MusicRequest(
            prompt: prompt, seconds: seconds, seeds: seeds, sampling: sampling(model.sampling), start: recording?.sound)
        try request.validate()
        let generator = try MusicGenerator(model: model, precision: precision)
        describe(generator, request, session)
        let reports = try make(generator, request, session)
        session.console.clearProgress()
        var records: [MusicRecord] = []
        for (clip, report) in reports.enumerated() where outputs[clip] != "-" {
            records.append(MusicRecord(
                program: Audiotool.program, prompt: prompt, seconds: seconds, seed: seeds[clip], sampling: request.sampling,
                precision: generator.precision, model: .init(name: model.file.name, sha256: hash), start: recording?.file,
                sound: .init(name: (outputs[clip] as NSString).lastPathComponent, sha256: try SHA256.digest(ofFile: outputs[clip]))))
            try conclude(records[records.count - 1], report, at: outputs[clip], rate: Double(model.sampleRate), session)
        }
        if session.printsJSON { try JSONOutput.print(records) }
    }

    /// An installed model or a file; nil for the default.
    static func music(_ name: String?) throws -> MusicModel {
        do {
            return try MusicModel(ModelStore().model(name, kind: .music))
        } catch ModelError.noModels {
            throw MusicGenerationError.noModel
        }
    }

    /// A file for each clip.
    static func outputs(_ path: String, count: Int) -> [String] { count == 1 ? [path] : (1...count).map { numbered(path, $0) } }

    private func startRecording() throws -> (sound: AudioBuffer, file: MusicRecord.File)? {
        guard let start else { return nil }
        let sound = try AudioFile.read(start)
        let hash = try SHA256.digest(ofFile: start)
        if let record, record.start?.sha256 != hash {
            throw MusicGenerationError.fileDiffers(path: start, what: "the recording")
        }
        return (sound, .init(name: start, sha256: hash))
    }

    private func describe(_ generator: MusicGenerator, _ request: MusicRequest, _ session: GenerationSession) {
        if session.isVerbose {
            let settings = request.sampling
            session.console.note(
                "model \(generator.model.file.name), \(generator.precision.rawValue), temperature \(settings.temperature), "
                    + "top-k \(settings.topK), top-p \(settings.topP), guidance \(settings.guidance), seeds \(seeds)")
        }
        if request.seconds > generator.model.windowSeconds {
            session.console.note(String(
                format: "The model hears %.0f s at once: %.0f s are made stretch by stretch, %.0f s each time.",
                generator.model.windowSeconds, request.seconds, generator.model.strideSeconds))
        }
    }

    /// Writes all clips while they are made; files appear when all are complete.
    private func make(_ generator: MusicGenerator, _ request: MusicRequest, _ session: GenerationSession) throws -> [WriteReport] {
        let writers = try outputs.map { path in
            try AudioFileWriter(
                path: path, format: .matching(outputPath: path), sampleRate: generator.model.sampleRate,
                channels: generator.model.channels)
        }
        defer { for writer in writers { writer.cancel() } }
        let interruption = Interruption(), clock = ProgressClock()
        do {
            try generator.generate(
                request,
                onProgress: { progress in
                    if interruption.isRequested { throw CancellationError() }
                    session.console.progress(Self.line(progress, clips: seeds.count, clock))
                }, into: { try writers[$0].write($1) })
            return try writers.map { try $0.finish() }
        } catch is CancellationError {
            session.console.clearProgress()
            throw ExitCode(130)
        } catch AudioFileError.readerGone {
            // A player that was closed has heard enough.
            session.console.clearProgress()
            throw ExitCode.success
        }
    }

    /// "4.2 of 10.0 s of music  0.8× real time  0:07 left".
    private static func line(_ progress: MusicGenerator.Progress, clips: Int, _ clock: ProgressClock) -> String {
        let rate = progress.done / max(clock.elapsed, 1e-3)
        return String(
            format: "%.1f of %.1f s of music%@  %.2f× real time  %@ left", progress.done, progress.total,
            clips > 1 ? ", \(clips) clips" : "", rate, ProgressClock.duration((progress.total - progress.done) / rate))
    }

    /// Writes the record beside the sound and says what was made.
    private func conclude(
        _ made: MusicRecord, _ report: WriteReport, at path: String, rate: Double, _ session: GenerationSession
    ) throws {
        if report.limitedSamples > 0 { session.console.note("\(path): \(report.limitedSamples) samples limited at full scale") }
        if let record {
            if record.sound.sha256 != made.sound.sha256 {
                session.console.note("\(path) differs from the recorded sound; another version or file format made it.")
            }
        } else {
            try OutputFile.write(made.data(), to: (path as NSString).deletingPathExtension + ".json")
        }
        if !session.printsJSON { session.console.note(String(format: "%@: %.2f s, seed %@", path, Double(report.frames) / rate, "\(made.seed)")) }
    }

    /// out.wav → out-3.wav
    private static func numbered(_ path: String, _ number: Int) -> String {
        let name = path as NSString
        return name.pathExtension.isEmpty
            ? "\(path)-\(number)" : "\(name.deletingPathExtension)-\(number).\(name.pathExtension)"
    }
}
