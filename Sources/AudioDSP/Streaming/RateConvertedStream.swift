/// A processor of fixed chunks as a stream of blocks of any length at another sample rate.
///
/// The signal goes down to the processor's rate and back up through two low-delay filters, which together hold it back
/// by at most `maximumDelay`. Frames are counted exactly: as many come out as go in, without drift.
public final class RateConvertedStream: BlockStream {
    /// In seconds.
    public static let maximumDelay = 0.003

    public let sampleRate: Int
    /// Frames by which the output is late, at this stream's rate and rounded to whole frames.
    public let latency: Int
    private let processor: any StreamProcessor
    private let entry, exit: LowDelayResampler
    private let input, output, converted: StreamBuffer
    private let queue: FrameQueue
    private let chunk: Int
    /// Silence that goes ahead, so that there is always a frame to give.
    private let lead: Int
    private let convertedCapacity: Int
    private var filled = 0

    /// Frames that are looked at together.
    private static let block = 256

    /// Throws `SignalError` for a rate that cannot be converted.
    public init(_ processor: any StreamProcessor, sampleRate: Int) throws {
        self.processor = processor
        self.sampleRate = sampleRate
        chunk = processor.chunkLength
        let inside = processor.sampleRate
        lead = Self.lead(chunk: chunk, from: sampleRate, to: inside)
        let plainWait = Double(chunk - 1) / Double(inside)
        let allowed = Self.maximumDelay - max(0, Double(lead) / Double(sampleRate) - plainWait)
        (entry, exit) = try Self.filters(processor, sampleRate: sampleRate, allowedDelay: allowed)
        let seconds = entry.delay + exit.delay + Double(processor.latency) / Double(inside)
        latency = lead + Int((seconds * Double(sampleRate)).rounded())
        input = StreamBuffer(count: processor.inputChannels * chunk)
        output = StreamBuffer(count: processor.outputChannels * chunk)
        convertedCapacity = Self.count(after: chunk, from: inside, to: sampleRate) + 1
        converted = StreamBuffer(count: processor.outputChannels * convertedCapacity)
        let perBlock = Self.count(after: Self.block, from: sampleRate, to: inside) / chunk + 2
        queue = FrameQueue(
            channels: processor.outputChannels, capacity: lead + Self.block + (perBlock + 1) * convertedCapacity)
        reset()
    }

    public var inputChannels: Int { processor.inputChannels }
    public var outputChannels: Int { processor.outputChannels }

    public func prepare() throws {
        try processor.prepare()
        reset()
    }

    public func process(_ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, frames: Int) {
        var done = 0
        while done < frames {
            let count = min(frames - done, Self.block)
            convert(input + done, stride: frames, frames: count)
            queue.take(count, into: output + done, stride: frames)
            done += count
        }
    }

    public func reset() {
        processor.reset()
        entry.reset()
        exit.reset()
        queue.reset(silence: lead)
        filled = 0
    }

    private func convert(_ samples: UnsafePointer<Float>, stride: Int, frames: Int) {
        var done = 0
        while done < frames {
            let (taken, given) = entry.process(
                samples + done, stride: stride, frames: frames - done, into: input.base + filled, stride: chunk,
                capacity: chunk - filled)
            done += taken
            filled += given
            guard filled == chunk else { continue }
            processor.process(input.base, output.base)
            filled = 0
            let (_, frames) = exit.process(
                output.base, stride: chunk, frames: chunk, into: converted.base, stride: convertedCapacity,
                capacity: convertedCapacity)
            queue.append(converted.base, stride: convertedCapacity, frames: frames)
        }
    }

    /// Frames that a resampler has given after taking `frames`.
    private static func count(after frames: Int, from inputRate: Int, to outputRate: Int) -> Int {
        (frames * outputRate + inputRate - 1) / inputRate
    }

    /// The greatest lack of frames at the way out, after any number of frames in.
    private static func lead(chunk: Int, from outside: Int, to inside: Int) -> Int {
        var largest = 0
        // Chunk c is complete with the first frame after which c · chunk samples are there; just before, one chunk is
        // missing. The pattern repeats after `inside` chunks at the latest.
        for chunks in 1...inside {
            let before = ((chunks * chunk - 1) * outside) / inside
            let given = count(after: (chunks - 1) * chunk, from: inside, to: outside)
            largest = max(largest, before - given)
        }
        return largest
    }

    /// The best pair of filters that is quick enough.
    private static func filters(
        _ processor: any StreamProcessor, sampleRate: Int, allowedDelay: Double
    ) throws -> (LowDelayResampler, LowDelayResampler) {
        func pair(_ entry: Int, _ exit: Int) throws -> (LowDelayResampler, LowDelayResampler) {
            (
                try LowDelayResampler(
                    from: sampleRate, to: processor.sampleRate, channels: processor.inputChannels, quality: entry),
                try LowDelayResampler(
                    from: processor.sampleRate, to: sampleRate, channels: processor.outputChannels, quality: exit)
            )
        }
        for quality in LowDelayResampler.qualities.reversed() {
            for better in [1, 0] where LowDelayResampler.qualities.contains(quality + better) {
                let filters = try pair(quality + better, quality)
                if filters.0.delay + filters.1.delay <= allowedDelay { return filters }
            }
        }
        throw SignalError.invalidSetting(
            operation: "Rate conversion",
            reason: "from \(sampleRate) Hz it takes more than \(maximumDelay * 1000) ms; use a higher rate")
    }
}
