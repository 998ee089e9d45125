/// A processor for another number of channels.
///
/// On the way in and on the way out one channel goes to all, several become one as their mean, and of more than are
/// wanted the first are taken; where several become more, the others are silent.
public final class ChannelMappedProcessor: StreamProcessor {
    public let inputChannels: Int
    public let outputChannels: Int
    private let processor: any StreamProcessor
    private let input, output: StreamBuffer

    /// Throws `SignalError` unless both numbers are positive.
    public init(_ processor: any StreamProcessor, inputChannels: Int, outputChannels: Int) throws {
        for count in [inputChannels, outputChannels] where count < 1 {
            throw SignalError.invalidSetting(operation: "Channel mapping", reason: "there must be a channel")
        }
        self.processor = processor
        self.inputChannels = inputChannels
        self.outputChannels = outputChannels
        input = StreamBuffer(count: processor.inputChannels * processor.chunkLength)
        output = StreamBuffer(count: processor.outputChannels * processor.chunkLength)
    }

    public var sampleRate: Int { processor.sampleRate }
    public var chunkLength: Int { processor.chunkLength }
    public var latency: Int { processor.latency }

    public func prepare() throws { try processor.prepare() }

    public func process(_ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>) {
        map(input, inputChannels, into: self.input.base, processor.inputChannels)
        processor.process(self.input.base, self.output.base)
        map(self.output.base, processor.outputChannels, into: output, outputChannels)
    }

    public func reset() { processor.reset() }

    private func map(
        _ source: UnsafePointer<Float>, _ sourceCount: Int, into target: UnsafeMutablePointer<Float>,
        _ targetCount: Int
    ) {
        let chunk = chunkLength
        if targetCount == 1, sourceCount > 1 {
            for index in 0..<chunk {
                var sum: Float = 0
                for channel in 0..<sourceCount { sum += source[channel * chunk + index] }
                target[index] = sum / Float(sourceCount)
            }
            return
        }
        for channel in 0..<targetCount {
            let destination = target + channel * chunk
            if sourceCount == 1 {
                destination.update(from: source, count: chunk)
            } else if channel < sourceCount {
                destination.update(from: source + channel * chunk, count: chunk)
            } else {
                destination.update(repeating: 0, count: chunk)
            }
        }
    }
}
