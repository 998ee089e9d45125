import AudioDSP

/// The input some frames later, the channels in order.
final class DelayStream: BlockStream {
    let sampleRate: Int, inputChannels: Int, outputChannels: Int, latency: Int
    private var lines: [[Float]]
    private var position = 0

    init(sampleRate: Int = 16_000, channels: Int = 1, latency: Int = 0) {
        (self.sampleRate, inputChannels, outputChannels, self.latency) = (sampleRate, channels, channels, latency)
        lines = Array(repeating: Array(repeating: 0, count: max(1, latency)), count: channels)
    }

    func prepare() {}

    func process(_ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, frames: Int) {
        guard latency > 0 else { return output.update(from: input, count: frames * inputChannels) }
        for frame in 0..<frames {
            for channel in 0..<inputChannels {
                output[channel * frames + frame] = lines[channel][position]
                lines[channel][position] = input[channel * frames + frame]
            }
            position = (position + 1) % latency
        }
    }

    func reset() {
        for channel in lines.indices { lines[channel] = lines[channel].map { _ in 0 } }
        position = 0
    }
}
