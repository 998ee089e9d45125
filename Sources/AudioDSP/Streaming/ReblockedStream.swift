/// A processor of fixed chunks as a stream of blocks of any length.
///
/// A chunk is processed as soon as its last frame is there, which makes the output later by `chunkLength - 1` frames.
public final class ReblockedStream: BlockStream {
    private let processor: any StreamProcessor
    private let chunk: Int
    private let input, output: StreamBuffer
    /// Frames of the current chunk.
    private var filled = 0

    public init(_ processor: any StreamProcessor) {
        self.processor = processor
        chunk = processor.chunkLength
        input = StreamBuffer(count: processor.inputChannels * chunk)
        output = StreamBuffer(count: processor.outputChannels * chunk)
    }

    public var sampleRate: Int { processor.sampleRate }
    public var inputChannels: Int { processor.inputChannels }
    public var outputChannels: Int { processor.outputChannels }
    public var latency: Int { processor.latency + chunk - 1 }

    public func prepare() throws {
        try processor.prepare()
        reset()
    }

    public func process(_ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, frames: Int) {
        var done = 0
        while done < frames {
            let count = min(frames - done, chunk - filled)
            for channel in 0..<inputChannels {
                (self.input.base + channel * chunk + filled).update(from: input + channel * frames + done, count: count)
            }
            // What the chunk before has left, all but its first frame.
            let left = min(count, chunk - 1 - filled)
            for channel in 0..<outputChannels {
                (output + channel * frames + done).update(
                    from: self.output.base + channel * chunk + filled + 1, count: left)
            }
            filled += count
            done += count
            if filled == chunk {
                processor.process(self.input.base, self.output.base)
                for channel in 0..<outputChannels {
                    output[channel * frames + done - 1] = self.output.base[channel * chunk]
                }
                filled = 0
            }
        }
    }

    public func reset() {
        processor.reset()
        output.clear()
        filled = 0
    }
}
