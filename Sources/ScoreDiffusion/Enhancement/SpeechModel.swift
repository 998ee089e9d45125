/// What turns noisy speech into clean speech, one segment of one channel at a time.
///
/// The enhancer around it deals with rates, channels, levels and lengths; a model only sees what it was trained on.
public protocol SpeechModel: Sendable {
    /// The only sample rate the model knows, in Hz.
    var sampleRate: Int { get }
    /// Sampler steps that it takes unless told otherwise.
    var defaultSteps: Int { get }
    /// Segments begin at multiples of this many samples, so that a segment's frames are frames of the whole.
    var frameAlignment: Int { get }

    /// How a recording is made ready for the model.
    var preparation: SignalPreparation { get }

    /// How a long recording is cut for the model.
    var segmentation: Segmentation { get }

    /// Cleans one segment.
    ///
    /// - Parameters:
    ///   - waveform: any number of samples from 1 on, made ready as `preparation` says.
    ///   - steps: sampler steps.
    ///   - noise: where the random numbers of this segment come from.
    ///   - onStep: called with the number of finished steps; an error thrown there ends the run.
    /// - Returns: as many samples as `waveform`, at its level and without delay.
    func enhance(
        _ waveform: [Float], steps: Int, noise: SegmentNoise, onStep: (Int) throws -> Void
    ) throws -> [Float]
}

extension SpeechModel {
    public var preparation: SignalPreparation { .leveled }
    public var segmentation: Segmentation { Segmentation(duration: 20, overlap: 3) }
}

/// What is done to each channel of a recording before a model sees it, and undone afterwards.
public enum SignalPreparation: Sendable, Equatable {
    /// Its mean is removed, a gain that follows its power over seconds brings it to a root mean square of about 1, and its
    /// end is filled up to whole frames.
    case leveled
    /// It is scaled so that the largest magnitude of the whole is 1, and nothing else: the published programs' way.
    case peak
}

/// How a long recording is cut into overlapping segments; both in seconds.
public struct Segmentation: Codable, Sendable, Equatable {
    /// What a model looks at together, at most.
    public var duration: Double
    /// What neighbouring segments share: twice the context that the model needs on either side, and the cross-fade.
    public var overlap: Double

    public init(duration: Double, overlap: Double) { (self.duration, self.overlap) = (duration, overlap) }
}

/// Says which random numbers belong to one segment, so that the result depends neither on the order in which segments are
/// computed nor on the number of threads.
public struct SegmentNoise: Sendable, Equatable {
    public var seed: UInt64
    /// Channels that share their random numbers have one number.
    public var channel: Int
    /// The segment's first sample in the recording, at the model's rate.
    public var start: Int
    /// Of the first draw.
    public var turns: [NoiseTurn]

    public init(seed: UInt64, channel: Int = 0, start: Int = 0, turns: [NoiseTurn] = []) {
        (self.seed, self.channel, self.start, self.turns) = (seed, channel, start, turns)
    }

    /// Draws for spectra whose frames are `hopLength` samples apart: the same where segments overlap.
    func frames(hopLength: Int) -> FrameNoise {
        FrameNoise(seed: seed, channel: channel, firstFrame: start / hopLength, turns: turns)
    }
}
