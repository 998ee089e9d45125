/// The newest chunk of a stream as it was some frames ago, for comparing a processor's input with its output.
/// For one thread at a time; only the initialiser takes memory.
package final class StreamDelay {
    private let chunk: Int, delay: Int, channels: Int
    /// Of each channel the last `delay` frames and the chunk behind them.
    private let lines: StreamBuffer

    package init(channels: Int, chunkLength: Int, delay: Int) {
        (self.channels, chunk, self.delay) = (channels, chunkLength, delay)
        lines = StreamBuffer(count: channels * (delay + chunkLength))
    }

    /// Takes the next chunk, `[channels, chunkLength]`; samples that are not finite become 0.
    package func push(_ input: UnsafePointer<Float>) {
        for channel in 0..<channels {
            let line = lines.base + channel * (delay + chunk)
            line.update(from: line + chunk, count: delay)
            for index in 0..<chunk {
                let sample = input[channel * chunk + index]
                line[delay + index] = sample.isFinite ? sample : 0
            }
        }
    }

    /// `chunkLength` samples of a channel, `delay` frames late.
    package func samples(_ channel: Int) -> UnsafePointer<Float> { UnsafePointer(lines.base + channel * (delay + chunk)) }

    package func clear() { lines.clear() }
}
