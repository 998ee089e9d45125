import AudioDSP
import Foundation

/// Cleans recordings of speech: samples in, the same number of samples out, at the same rate, level and time.
///
/// ```swift
/// let enhancer = SpeechEnhancer(model: try ModelStore().model(nil, kind: .enhancer).speechModel())
/// let clean = try enhancer.enhance(try AudioFile.read("street.wav"))
/// ```
/// Any rate, any number of channels (each cleaned by itself or all linked), any length from one sample to many hours: the
/// recording is read twice, once for its level and once for its sound, and memory use does not depend on its length.
/// Above the model's own band the sound follows the gain of the model's highest band.
public struct SpeechEnhancer: Sendable {
    public struct Options: Sendable, Equatable {
        /// Sampler steps; nil leaves it to the model.
        public var steps: Int?
        /// Decides all random numbers. The same seed gives the same samples, whatever the number of threads.
        public var seed: UInt64 = 0
        /// What is done to the seed's first draw, as ``NoiseSearch`` finds it.
        public var noiseTurns: [NoiseTurn] = []
        /// Noise is attenuated by at most this many dB; nil sets no limit.
        public var attenuationLimit: Double?
        /// The result's sample rate in Hz; nil keeps the recording's.
        public var outputRate: Int?
        /// Whether all channels share one level, one gain above the model's band and their random numbers, which keeps
        /// a stereo image in place; otherwise each is cleaned as if it were alone.
        public var linksChannels = false
        /// How the recording is cut; nil leaves it to the model.
        public var segmentation: Segmentation?

        public init() {}
    }

    /// How far a recording has come.
    public struct Progress: Sendable {
        /// Frames finished, at the recording's rate.
        public var frames: Int
        /// Frames in all; 0 while the first pass counts them.
        public var frameCount: Int
        public var sampleRate: Int
    }

    /// What was found on the way.
    public struct Report: Sendable {
        /// Frames of the recording.
        public var frameCount: Int
        /// The largest magnitude in the recording and whether it is plausible.
        public var inspection: SampleInspection
    }

    public let model: any SpeechModel
    public var options: Options

    public init(model: any SpeechModel, options: Options = Options()) {
        self.model = model
        self.options = options
    }

    /// Cleans a recording in memory.
    ///
    /// - Throws: `AudioFileError` for recordings without frames or with NaN or infinite samples.
    public func enhance(_ recording: AudioBuffer) throws -> AudioBuffer {
        var result = AudioBuffer(
            channels: recording.channels.map { _ in [] }, sampleRate: options.outputRate ?? recording.sampleRate)
        try enhance(BufferSource(recording)) { result.append($0) }
        return result
    }

    /// Cleans a recording block by block.
    ///
    /// - Parameters:
    ///   - source: read to its end twice.
    ///   - onProgress: called often; an error thrown there ends the run. This is how to cancel.
    ///   - sink: takes the blocks of the result in order, of any length.
    @discardableResult
    public func enhance(
        _ source: some RecordingSource, onProgress: (Progress) throws -> Void = { _ in },
        into sink: (AudioBuffer) throws -> Void
    ) throws -> Report {
        let rate = source.sampleRate
        let survey = try RecordingSurvey(
            source, for: model.preparation, linksChannels: options.linksChannels, blockFrames: Self.blockFrames
        ) {
            try onProgress(Progress(frames: 0, frameCount: 0, sampleRate: rate))
        }
        var pipeline = try EnhancementPipeline(model: model, options: options, survey: survey, source: source)
        let outputRate = options.outputRate ?? rate
        let output = try StreamingResampler(from: rate, to: outputRate, channels: source.channelCount)
        func deliver(_ channels: [[Float]]) throws {
            if channels[0].count > 0 { try sink(AudioBuffer(channels: channels, sampleRate: outputRate)) }
        }
        func report(_ frames: Int) throws {
            try onProgress(Progress(frames: frames, frameCount: survey.frameCount, sampleRate: rate))
        }
        while let block = try source.read(frames: Self.blockFrames) {
            try pipeline.append(block)
            var finished = pipeline.framesOut
            while let result = try pipeline.next(onStep: { _ in try report(finished) }) {
                try deliver(output.process(result.channels))
                finished = pipeline.framesOut
                try report(finished)
            }
        }
        try deliver(output.process(pipeline.finish().channels))
        try deliver(output.flush())
        try report(survey.frameCount)
        return Report(frameCount: survey.frameCount, inspection: survey.inspection)
    }

    static let blockFrames = 16_384
}
