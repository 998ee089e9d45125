/// What became of a stream.
public struct StreamReport: Codable, Equatable, Sendable {
    /// Why it ended.
    public enum Ending: String, Codable, Sendable {
        case endOfInput = "end of input"
        /// The reader of the output went away.
        case outputClosed = "output closed"
        /// Whoever started it asked for the end.
        case stopped
        /// The input or output failed.
        case failed
    }

    public var ending = Ending.endOfInput
    /// In Hz.
    public var sampleRate = 0
    /// Frames that were processed.
    public var framesIn = 0
    /// Frames that were handed on.
    public var framesOut = 0
    /// Frames by which the output is later than the input; 0 when compensated.
    public var latencyFrames = 0
    /// Frames of silence that an output device played because the sound came too late.
    public var lateFrames = 0
    /// Frames of an input device that were left out because the work was too slow.
    public var droppedFrames = 0
    /// Samples that were NaN or infinite and became 0.
    public var nonFiniteSamples = 0
    /// Samples beyond full scale that integers could not hold.
    public var limitedSamples = 0
    /// Bytes of an incomplete last frame.
    public var trailingBytes = 0
    /// Time spent processing over the duration of the sound.
    public var load = 0.0

    public init() {}

    public var seconds: Double { sampleRate > 0 ? Double(framesIn) / Double(sampleRate) : 0 }
    public var latencyMilliseconds: Double { sampleRate > 0 ? 1000 * Double(latencyFrames) / Double(sampleRate) : 0 }
}
