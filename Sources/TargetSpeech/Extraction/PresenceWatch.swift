import AudioDSP
import Synchronization

/// A processor with ``TargetPresence`` beside it, which compares input and output in time.
///
/// Any thread may ask for ``state`` and ``score``; ``verdict`` belongs to the one that processes.
public final class PresenceWatch: StreamProcessor {
    private let processor: any StreamProcessor
    private var presence: TargetPresence
    /// The last `latency` input frames of each channel and the chunk behind them; then the oldest chunk of all channels.
    private var history: [[Float]]
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
        history = Array(repeating: Array(repeating: 0, count: processor.latency + processor.chunkLength), count: channels)
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
        let chunk = chunkLength, kept = latency
        for channel in history.indices {
            history[channel].withUnsafeMutableBufferPointer { line in
                let start = line.baseAddress!
                start.update(from: start + chunk, count: kept)
                (start + kept).update(from: input + channel * chunk, count: chunk)
                aligned.withUnsafeMutableBufferPointer { ($0.baseAddress! + channel * chunk).update(from: start, count: chunk) }
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

    private func forget() {
        presence.reset()
        for channel in history.indices {
            for index in history[channel].indices { history[channel][index] = 0 }
        }
        stateCode.store(0, ordering: .relaxed)
    }

    private static let states: [TargetPresence.State] = [.unknown, .present, .absent]
}
