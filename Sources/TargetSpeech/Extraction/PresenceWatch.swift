import AudioDSP
import Synchronization

/// A processor with ``TargetPresence`` beside it, which compares input and output in time.
///
/// Any thread may ask for ``state`` and ``score``; ``verdict`` belongs to the one that processes.
public final class PresenceWatch: StreamProcessor {
    private let processor: any StreamProcessor
    private var presence: TargetPresence
    /// The input as late as the output; then the oldest chunk of all its channels together.
    private let history: StreamDelay
    private var aligned: [Float]
    private let stateCode = Atomic<Int>(0)

    /// - Throws: `TargetSpeechError.invalidSetting` for settings that cannot be; input and output must have one number
    ///   of channels.
    public init(_ processor: any StreamProcessor, settings: TargetPresenceSettings = TargetPresenceSettings()) throws {
        let channels = processor.inputChannels
        guard processor.outputChannels == channels else {
            throw TargetSpeechError.invalidSetting(
                name: "outputChannels", value: "\(processor.outputChannels)", fix: "it must be as many as go in, \(channels).")
        }
        self.processor = processor
        presence = try TargetPresence(sampleRate: processor.sampleRate, channels: channels, settings: settings)
        history = StreamDelay(channels: channels, chunkLength: processor.chunkLength, delay: processor.latency)
        aligned = Array(repeating: 0, count: channels * processor.chunkLength)
    }

    /// Whether the target sounds at this moment.
    public var state: TargetPresence.State { Self.states[stateCode.load(ordering: .relaxed)] }
    /// What is to be said of all that was processed.
    public var verdict: TargetPresence.Verdict { presence.verdict }

    public var sampleRate: Int { processor.sampleRate }
    public var inputChannels: Int { processor.inputChannels }
    public var outputChannels: Int { processor.outputChannels }
    public var chunkLength: Int { processor.chunkLength }
    public var latency: Int { processor.latency }

    public func prepare() throws {
        try processor.prepare()
        forget()
    }

    public func process(_ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>) {
        let chunk = chunkLength
        history.push(input)
        aligned.withUnsafeMutableBufferPointer { aligned in
            for channel in 0..<inputChannels {
                (aligned.baseAddress! + channel * chunk).update(from: history.samples(channel), count: chunk)
            }
        }
        processor.process(input, output)
        aligned.withUnsafeBufferPointer { presence.observe(input: $0.baseAddress!, output: output, count: chunk) }
        stateCode.store(Self.states.firstIndex(of: presence.state) ?? 0, ordering: .relaxed)
    }

    public func reset() {
        processor.reset()
        forget()
    }

    /// Judges anew from here on; the sound goes on.
    public func forget() {
        presence.reset()
        history.clear()
        stateCode.store(0, ordering: .relaxed)
    }

    private static let states: [TargetPresence.State] = [.unknown, .present, .absent]
}
