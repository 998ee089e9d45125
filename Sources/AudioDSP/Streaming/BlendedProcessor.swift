import Synchronization

/// A processor whose output is mixed with its input, aligned in time.
///
/// `strength` may be set on any thread; it moves to its new value over one chunk.
public final class BlendedProcessor: StreamProcessor {
    private let processor: any StreamProcessor
    private let wanted: Atomic<Float>
    private var current: Float
    /// The input as late as the output.
    private let history: StreamDelay

    /// - Parameter strength: 0 (the input, only late) to 1 (the processor's output); others are cut off.
    public init(_ processor: any StreamProcessor, strength: Float = 1) {
        self.processor = processor
        let strength = Self.bounded(strength)
        wanted = Atomic(strength)
        current = strength
        history = StreamDelay(
            channels: processor.inputChannels, chunkLength: processor.chunkLength, delay: processor.latency)
    }

    /// The share of the processor's output, 0 to 1.
    public var strength: Float {
        get { wanted.load(ordering: .relaxed) }
        set { wanted.store(Self.bounded(newValue), ordering: .relaxed) }
    }

    public var sampleRate: Int { processor.sampleRate }
    public var inputChannels: Int { processor.inputChannels }
    public var outputChannels: Int { processor.outputChannels }
    public var chunkLength: Int { processor.chunkLength }
    public var latency: Int { processor.latency }

    public func prepare() throws {
        try processor.prepare()
        reset()
    }

    public func process(_ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>) {
        let chunk = chunkLength
        history.push(input)
        processor.process(input, output)
        let target = wanted.load(ordering: .relaxed), step = (target - current) / Float(chunk)
        for channel in 0..<outputChannels {
            let samples = output + channel * chunk
            for index in 0..<chunk {
                let share = index + 1 == chunk ? target : current + step * Float(index + 1)
                samples[index] = share * samples[index] + (1 - share) * dry(channel, index)
            }
        }
        current = target
    }

    public func reset() {
        processor.reset()
        history.clear()
        current = wanted.load(ordering: .relaxed)
    }

    /// An input sample as late as the output: the channel of the same number, the only one, or the mean of all.
    @inline(__always)
    private func dry(_ channel: Int, _ index: Int) -> Float {
        if inputChannels == outputChannels { return history.samples(channel)[index] }
        var sum: Float = 0
        for other in 0..<inputChannels { sum += history.samples(other)[index] }
        return sum / Float(inputChannels)
    }

    private static func bounded(_ strength: Float) -> Float { strength > 0 ? min(strength, 1) : 0 }
}
