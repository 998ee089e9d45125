import AudioDSP

/// Chunks come out `latency` frames late, each channel multiplied by its number (from 1).
final class DelayProcessor: StreamProcessor {
    let sampleRate: Int, inputChannels: Int, outputChannels: Int, chunkLength: Int, latency: Int
    private var line: [[Float]]

    init(sampleRate: Int = 16_000, channels: Int = 1, chunk: Int = 128, latency: Int = 64) {
        (self.sampleRate, inputChannels, outputChannels, chunkLength, self.latency) =
            (sampleRate, channels, channels, chunk, latency)
        line = [[Float]](repeating: [Float](repeating: 0, count: latency), count: channels)
    }

    func prepare() throws {}

    func process(_ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>) {
        for channel in 0..<inputChannels {
            if latency == 0 {
                for index in channel * chunkLength..<(channel + 1) * chunkLength {
                    output[index] = Float(channel + 1) * input[index]
                }
                continue
            }
            line[channel] += UnsafeBufferPointer(start: input + channel * chunkLength, count: chunkLength)
            for index in 0..<chunkLength {
                output[channel * chunkLength + index] = Float(channel + 1) * line[channel][index]
            }
            line[channel].removeFirst(chunkLength)
        }
    }

    func reset() { for channel in line.indices { line[channel] = [Float](repeating: 0, count: latency) } }
}

/// The sum of both channels in one; not late.
final class SumProcessor: StreamProcessor {
    let sampleRate = 16_000, inputChannels = 2, outputChannels = 1, chunkLength = 8, latency = 0
    func prepare() throws {}
    func process(_ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>) {
        for index in 0..<8 { output[index] = input[index] + input[8 + index] }
    }
    func reset() {}
}

extension BlockStream {
    /// A whole signal in blocks of the given lengths, over and over.
    func run(_ signal: [[Float]], blocks: [Int]) -> [[Float]] {
        var output = [[Float]](repeating: [], count: outputChannels)
        var start = 0, turn = 0
        while start < signal[0].count {
            let count = min(blocks[turn % blocks.count], signal[0].count - start)
            var samples = [Float](repeating: .nan, count: outputChannels * count)
            process(signal.flatMap { $0[start..<start + count] }, &samples, frames: count)
            for channel in output.indices { output[channel] += samples[channel * count..<(channel + 1) * count] }
            start += count
            turn += 1
        }
        return output
    }
}
