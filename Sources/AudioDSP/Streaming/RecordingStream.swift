/// A stream processor over recordings: any rate and length, as many frames out as in, none of them late.
///
/// ```swift
/// let stream = try RecordingStream(processor, sampleRate: recording.sampleRate)
/// while let block = try reader.read(frames: 16_384) { try write(stream.process(block)) }
/// try write(stream.finish())
/// ```
/// The processor must take and give as many channels as the recording has. The rate is converted at the highest
/// quality, which is no hurry here; memory use does not depend on the length.
public final class RecordingStream {
    /// How much of the processor's output, 0 (the recording as it is) to 1.
    public let strength: Float

    private let processor: any StreamProcessor
    private let sampleRate: Int
    private let entry, exit: StreamingResampler
    /// At the recording's rate: what has come and is not yet given.
    private var waiting: [[Float]]
    /// At the processor's rate: less than a chunk.
    private var pending: [[Float]]
    private var input, output: [Float]
    /// Frames of the processor's output to leave out, and those it may still give.
    private var framesToSkip: Int
    private var framesOwed = 0

    /// - Parameters:
    ///   - processor: made and not prepared.
    ///   - sampleRate: the recording's, in Hz.
    /// - Throws: ``SignalError`` for rates and channels that cannot be, and what preparing throws.
    public init(_ processor: any StreamProcessor, sampleRate: Int, strength: Float = 1) throws {
        guard processor.inputChannels == processor.outputChannels else {
            throw SignalError.invalidSetting(
                operation: "Processing a recording",
                reason: "\(processor.inputChannels) channels in and \(processor.outputChannels) out differ")
        }
        let channels = processor.inputChannels
        (self.processor, self.sampleRate, self.strength) = (processor, sampleRate, max(0, min(1, strength)))
        entry = try StreamingResampler(from: sampleRate, to: processor.sampleRate, channels: channels)
        exit = try StreamingResampler(from: processor.sampleRate, to: sampleRate, channels: channels)
        waiting = Array(repeating: [], count: channels)
        pending = waiting
        input = Array(repeating: 0, count: channels * processor.chunkLength)
        output = input
        framesToSkip = processor.latency
        try processor.prepare()
    }

    /// Lets the processor hear the recording's start before anything is asked of it, so that what it follows has settled. To be
    /// called first, if at all.
    public func warmUp(_ start: AudioBuffer) throws {
        let heard = try Resampler.resample(channels: start.channels, from: sampleRate, to: processor.sampleRate)
        let chunk = processor.chunkLength, rest = (chunk - heard[0].count % chunk) % chunk
        let silence = rest + (processor.latency + chunk - 1) / chunk * chunk
        _ = run(heard.map { $0 + Array(repeating: 0, count: silence) }, counts: false)
        framesToSkip = processor.latency
    }

    /// Takes the next frames and returns those that are finished, often none.
    public func process(_ block: AudioBuffer) throws -> AudioBuffer {
        for channel in waiting.indices { waiting[channel] += block.channels[channel] }
        return try deliver(exit.process(run(entry.process(block.channels))))
    }

    /// Returns the rest, and leaves the processor as it is: call ``reset()`` before another recording.
    public func finish() throws -> AudioBuffer {
        let chunk = processor.chunkLength
        var results = try run(entry.flush())
        let missing = framesOwed + framesToSkip
        if missing > 0 {
            // Silence pushes out what the processor holds.
            let silence = (missing + chunk - 1) / chunk * chunk + chunk
            let rest = run(Array(repeating: Array(repeating: 0, count: silence), count: pending.count), counts: false)
            for channel in results.indices { results[channel] += rest[channel] }
        }
        var last = try exit.process(results)
        let flushed = try exit.flush(), wanted = waiting[0].count
        for channel in last.indices {
            last[channel] += flushed[channel]
            // Converting there and back may round the number of frames.
            last[channel] += Array(repeating: 0, count: max(0, wanted - last[channel].count))
        }
        return deliver(last.map { Array($0.prefix(wanted)) })
    }

    /// Forgets the recording.
    public func reset() {
        processor.reset()
        (framesToSkip, framesOwed) = (processor.latency, 0)
        for channel in pending.indices { (pending[channel], waiting[channel]) = ([], []) }
    }

    /// What the processor makes of frames at its rate, without the first that are late.
    ///
    /// - Parameter counts: whether as many frames are to come out.
    private func run(_ frames: [[Float]], counts: Bool = true) -> [[Float]] {
        let chunk = processor.chunkLength
        if counts { framesOwed += frames[0].count }
        for channel in pending.indices { pending[channel] += frames[channel] }
        var results = pending.map { _ in [Float]() }, start = 0
        while pending[0].count - start >= chunk {
            for channel in pending.indices {
                input.replaceSubrange(channel * chunk..<(channel + 1) * chunk, with: pending[channel][start..<start + chunk])
            }
            processor.process(input, &output)
            let skipped = min(framesToSkip, chunk), count = min(chunk - skipped, framesOwed)
            framesToSkip -= skipped
            framesOwed -= count
            for channel in pending.indices { results[channel] += output[channel * chunk + skipped..<channel * chunk + skipped + count] }
            start += chunk
        }
        for channel in pending.indices { pending[channel].removeFirst(start) }
        return results
    }

    private func deliver(_ results: [[Float]]) -> AudioBuffer {
        let count = min(results[0].count, waiting[0].count)
        let dry = waiting.map { Array($0.prefix(count)) }
        var wet = results.map { Array($0.prefix(count)) }
        for channel in waiting.indices { waiting[channel].removeFirst(count) }
        if strength < 1 {
            for channel in wet.indices {
                for index in 0..<count { wet[channel][index] = strength * wet[channel][index] + (1 - strength) * dry[channel][index] }
            }
        }
        return AudioBuffer(channels: wet, sampleRate: sampleRate)
    }
}
