import AudioDSP
import Foundation

/// Moves sound from a source through a processor to a sink, as it comes.
///
/// ```swift
/// let pump = try StreamPump(from: source, through: processor, to: sink)
/// let report = try pump.run()
/// ```
/// Every block is handed on before the next is looked for, and all buffers are made beforehand. As many frames go out as
/// come in: late by the processor's latency, or in time when that is compensated, by leaving out the first frames and
/// letting silence follow the last.
public final class StreamPump {
    public struct Settings: Sendable {
        /// The most frames of one step.
        public var blockFrames = 1024
        /// Whether the output is in time with the input.
        public var compensatesLatency = false

        public init() {}
    }

    public let monitor = StreamMonitor()
    /// Gets all input after cleaning it of NaN.
    public var recorder: EnrollmentRecorder?

    private let source: any FrameSource, sink: any FrameSink, processor: any BlockStream
    private let settings: Settings
    private let inputFrames: UnsafeMutableBufferPointer<Float>, outputFrames: UnsafeMutableBufferPointer<Float>
    private let input: UnsafeMutableBufferPointer<Float>, output: UnsafeMutableBufferPointer<Float>
    /// Frames of output that are still to be left out.
    private var framesToSkip: Int
    private var ending: StreamReport.Ending?

    /// - Throws: ``LiveAudioError/mismatch(what:processor:stream:)`` unless rates and channels agree.
    public init(
        from source: any FrameSource, through processor: any BlockStream, to sink: any FrameSink, _ settings: Settings = Settings()
    ) throws {
        func require(_ what: String, _ processor: Int, _ stream: Int) throws {
            guard processor == stream else { throw LiveAudioError.mismatch(what: what, processor: processor, stream: stream) }
        }
        try require("Hz", processor.sampleRate, source.sampleRate)
        try require("Hz", processor.sampleRate, sink.sampleRate)
        try require("channels", processor.inputChannels, source.channels)
        try require("channels", processor.outputChannels, sink.channels)
        (self.source, self.processor, self.sink, self.settings) = (source, processor, sink, settings)
        func buffer(_ channels: Int) -> UnsafeMutableBufferPointer<Float> {
            let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: channels * settings.blockFrames)
            buffer.initialize(repeating: 0)
            return buffer
        }
        (inputFrames, input) = (buffer(source.channels), buffer(source.channels))
        (outputFrames, output) = (buffer(sink.channels), buffer(sink.channels))
        framesToSkip = settings.compensatesLatency ? processor.latency : 0
    }

    deinit {
        for buffer in [inputFrames, outputFrames, input, output] { buffer.deallocate() }
    }

    /// Works until the source ends, the sink's reader goes away or the stop is asked for.
    public func run(until isStopRequested: () -> Bool = { false }) throws -> StreamReport {
        do {
            while ending == nil {
                if isStopRequested() { ending = .stopped } else { try step() }
            }
            // A sink gives up waiting for its reader when it is to stop.
            if ending == .outputClosed, isStopRequested() { ending = .stopped }
            if settings.compensatesLatency, ending != .outputClosed { try flush() }
            try sink.finish()
        } catch {
            ending = .failed
            throw error
        }
        return report
    }

    /// What has become of the stream so far. Call it where ``run(until:)`` runs, or after it.
    public var report: StreamReport {
        var report = StreamReport()
        report.ending = ending ?? .stopped
        report.sampleRate = processor.sampleRate
        report.framesIn = monitor.framesIn
        report.framesOut = monitor.framesOut
        report.nonFiniteSamples = monitor.nonFiniteSamples
        report.latencyFrames = settings.compensatesLatency ? 0 : processor.latency
        report.load = monitor.load(sampleRate: processor.sampleRate)
        source.account(in: &report)
        sink.account(in: &report)
        return report
    }

    /// Takes what is there, up to a block, and hands its result on.
    func step() throws {
        switch try source.read(into: inputFrames.baseAddress!, capacity: settings.blockFrames) {
        case .nothingYet: break
        case .end: ending = .endOfInput
        case .frames(let count): try handOn(count)
        }
    }

    private func handOn(_ count: Int) throws {
        replaceNonFinite(count)
        recorder?.append(inputFrames.baseAddress!, frames: count)
        deinterleave(count)
        monitor.countInput(inputFrames.baseAddress!, samples: count * source.channels, frames: count)
        try process(count)
    }

    /// Lets silence push out what the processor still holds.
    private func flush() throws {
        input.update(repeating: 0)
        var left = processor.latency
        while left > 0, ending != .outputClosed {
            let count = min(left, settings.blockFrames)
            try process(count)
            left -= count
        }
    }

    private func process(_ count: Int) throws {
        let start = monotonicNanoseconds()
        processor.process(input.baseAddress!, output.baseAddress!, frames: count)
        monitor.countWork(monotonicNanoseconds() - start)
        interleave(count)
        let skipped = min(framesToSkip, count)
        framesToSkip -= skipped
        guard count > skipped else { return }
        let first = outputFrames.baseAddress! + skipped * sink.channels
        guard try sink.write(first, count: count - skipped) else {
            ending = .outputClosed
            return
        }
        monitor.countOutput(first, samples: (count - skipped) * sink.channels, frames: count - skipped)
    }

    private func replaceNonFinite(_ count: Int) {
        var found = 0
        for index in 0..<count * source.channels where !inputFrames[index].isFinite {
            inputFrames[index] = 0
            found += 1
        }
        if found > 0 { monitor.countNonFinite(found) }
    }

    private func deinterleave(_ count: Int) {
        let channels = source.channels
        for channel in 0..<channels {
            for frame in 0..<count { input[channel * count + frame] = inputFrames[frame * channels + channel] }
        }
    }

    private func interleave(_ count: Int) {
        let channels = sink.channels
        for channel in 0..<channels {
            for frame in 0..<count { outputFrames[frame * channels + channel] = output[channel * count + frame] }
        }
    }
}

/// Nanoseconds of a clock that never jumps; no system call on Linux.
func monotonicNanoseconds() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
}
