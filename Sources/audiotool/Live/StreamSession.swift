import ArgumentParser
import AudioDSP
import Foundation
import LiveAudio
import Synchronization

/// What a command lets sound pass through.
struct StreamedModel {
    var stream: any BlockStream
    /// Takes a recording, `[channels][frames]`, of somebody whose voice is to be heard from now on, and says how it went.
    var enroll: (@Sendable (AudioBuffer) -> String)?
    /// A word about the sound at this moment, for the status line.
    var state: (() -> String?)?
    /// What is to be said of the whole at its end, where that is anything.
    var verdict: (() -> String?)?
}

/// One stream from beginning to end: a thread that works, and this one, which shows how it goes and takes orders.
final class StreamSession {
    private let options: StreamOptions
    private let console: Console
    private let enrollmentSeconds: Double

    private final class Control: Sendable {
        private let isStopped = Atomic<Bool>(false)
        private let firstFailure = Mutex<(any Error)?>(nil)

        var isStopRequested: Bool { isStopped.load(ordering: .relaxed) }
        var failure: (any Error)? { firstFailure.withLock { $0 } }
        func stop() { isStopped.store(true, ordering: .relaxed) }

        func fail(_ error: any Error) {
            firstFailure.withLock { if $0 == nil { $0 = error } }
            stop()
        }
    }

    init(_ options: StreamOptions, enrollmentSeconds: Double = 5) {
        self.options = options
        self.enrollmentSeconds = enrollmentSeconds
        console = Console(isQuiet: options.common.quiet || options.json)
    }

    /// - Parameter makeModel: gets the stream's sample rate in Hz and its number of channels.
    func run(_ makeModel: (Int, Int) throws -> StreamedModel) throws {
        if options.listDevices { return try DeviceTable.print(asJSON: options.json) }
        signal(SIGPIPE, SIG_IGN)
        let control = Control()
        let ends = try StreamEnds(options) { control.isStopRequested }
        let model = try makeModel(ends.source.sampleRate, ends.source.channels)
        try model.stream.prepare()
        var settings = StreamPump.Settings()
        settings.compensatesLatency = options.compensate
        let pump = try StreamPump(from: ends.source, through: model.stream, to: ends.sink, settings)
        let keys = ends.devices != nil && isatty(STDIN_FILENO) != 0 && options.usesInputDevice ? KeyReader() : nil
        let recorder = keys != nil && model.enroll != nil
            ? EnrollmentRecorder(seconds: enrollmentSeconds, sampleRate: ends.source.sampleRate, channels: ends.source.channels) : nil
        pump.recorder = recorder
        let interruption = Interruption()
        try ends.devices?.start()
        announce(ends, model)
        let failure = run(pump, control, interruption) { [self] in
            try ends.devices?.requireAlive()
            obey(keys, recorder, control)
            if let recording = recorder?.take(), let enroll = model.enroll {
                let console = console, sound = AudioBuffer(channels: recording, sampleRate: ends.source.sampleRate)
                console.note("recorded; the voice is worked out")
                DispatchQueue.global().async { console.note(enroll(sound)) }
            }
            console.progress(StatusLine.text(pump, ends, model, recorder, showsKeys: keys != nil))
        }
        console.clearProgress()
        try conclude(pump.report, verdict: model.verdict?(), failure: failure, isInterrupted: interruption.isRequested)
    }

    /// Pumps on a thread of its own and looks after it on this one; returns what went wrong.
    private func run(
        _ pump: StreamPump, _ control: Control, _ interruption: Interruption, lookAfter: () throws -> Void
    ) -> (any Error)? {
        let isDone = DispatchSemaphore(value: 0)
        // This thread only reads the pump's counters, which are atomic, until the other one is done.
        nonisolated(unsafe) let pump = pump
        let thread = Thread {
            do {
                _ = try pump.run { control.isStopRequested }
            } catch {
                control.fail(error)
            }
            isDone.signal()
        }
        thread.stackSize = 8 << 20
        thread.start()
        while isDone.wait(timeout: .now() + 0.05) == .timedOut {
            if interruption.isRequested { control.stop() }
            do { try lookAfter() } catch { control.fail(error) }
        }
        return control.failure
    }

    /// `e` and Enter enrols from the seconds that follow, `l` from the last ones, `q` ends.
    private func obey(_ keys: KeyReader?, _ recorder: EnrollmentRecorder?, _ control: Control) {
        for key in keys?.take() ?? [] {
            switch key {
            case "q": control.stop()
            case "e" where recorder != nil:
                recorder?.request(.next)
                console.note("recording \(Int(enrollmentSeconds)) s: face whoever is to be heard")
            case "l" where recorder != nil: recorder?.request(.last)
            default: break
            }
        }
    }

    private func announce(_ ends: StreamEnds, _ model: StreamedModel) {
        guard options.common.verbose || ends.devices != nil else { return }
        let rate = Double(ends.source.sampleRate)
        var parts = [String(format: "model %.1f ms", 1000 * Double(model.stream.latency) / rate)]
        if let devices = ends.devices {
            parts.append(String(format: "buffer %.1f ms", 1000 * Double(devices.bridge.margin) / rate))
            parts.append(String(format: "devices %.0f ms as they say", 1000 * devices.deviceLatency))
        }
        let count = ends.source.channels, channels = count == 1 ? "1 channel" : "\(count) channels"
        console.note(
            "\(ends.source.name) → \(ends.sink.name), \(ends.source.sampleRate) Hz, \(channels); latency: "
                + parts.joined(separator: ", "))
    }

    private func conclude(_ report: StreamReport, verdict: String?, failure: (any Error)?, isInterrupted: Bool) throws {
        var report = report
        if failure != nil { report.ending = .failed }
        if options.json {
            let line = try StreamSummary(report: report, verdict: verdict, error: failure?.localizedDescription).json()
            let handle = options.soundIsStandardOutput ? FileHandle.standardError : .standardOutput
            try? handle.write(contentsOf: Data((line + "\n").utf8))
        } else {
            for line in StreamSummary.lines(report) { console.note(line) }
            if let verdict { console.note(verdict) }
        }
        if let failure { throw failure }
        if isInterrupted { throw ExitCode(130) }
    }
}
