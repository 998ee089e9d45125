import AudioDSP
import Foundation

/// The way of a recording's samples: down to the model's rate, through the model, back up, joined with the band that
/// the model does not hear and, under an attenuation limit, with the input.
///
/// With G the gain of the highest band, x the input and e the model's output at its own rate, the result is
/// `G x + up(e - G down(x))`: inside the model's band that is `up(e)`, above it `G x`, with a single resampler.
struct EnhancementPipeline {
    private let name: String
    private let options: SpeechEnhancer.Options
    private let steps: Int
    private let sampleRate: Int
    private let modelRate: Int
    private let frameCount: Int
    private let means: [Float]
    private let down: StreamingResampler
    private let up: StreamingResampler
    private var channels: [ChannelEnhancer]
    /// Input from frame `framesOut` on.
    private var input: [[Float]]
    private var framesIn = 0
    /// Gains of the highest band on the model's time axis, from sample `gainStart` on.
    private var gains: [[Float]]
    private var gainStart = 0
    private(set) var framesOut = 0

    init(
        model: any SpeechModel, options: SpeechEnhancer.Options, survey: RecordingSurvey, source: some RecordingSource
    ) throws {
        let sampleRate = source.sampleRate
        name = source.name
        self.options = options
        self.sampleRate = sampleRate
        steps = options.steps ?? model.defaultSteps
        modelRate = model.sampleRate
        frameCount = survey.frameCount
        means = survey.profiles.map { Float($0.mean) }
        let count = survey.profiles.count
        down = try StreamingResampler(from: sampleRate, to: modelRate, channels: count)
        up = try StreamingResampler(from: modelRate, to: sampleRate, channels: count)
        let plan = SegmentPlan(
            length: Resampler.frameCount(for: frameCount, from: sampleRate, to: modelRate),
            options.segmentation ?? model.segmentation, sampleRate: modelRate, alignment: model.frameAlignment)
        channels = survey.profiles.enumerated().map { channel, profile in
            ChannelEnhancer(model: model, profile: profile, channel: options.linksChannels ? 0 : channel, plan: plan)
        }
        input = [[Float]](repeating: [], count: count)
        gains = input
    }

    /// Whether the recording reaches above the model's band.
    private var hasHighBand: Bool { sampleRate > modelRate }

    mutating func append(_ block: AudioBuffer) throws {
        framesIn += block.frameCount
        guard framesIn <= frameCount else {
            throw EnhancementError.recordingChanged(path: name, first: frameCount, second: framesIn)
        }
        for channel in channels.indices { input[channel].append(contentsOf: block.channels[channel]) }
        feed(try down.process(block.channels))
        if framesIn == frameCount { feed(try down.flush()) }
    }

    private mutating func feed(_ samples: [[Float]]) {
        for channel in channels.indices { channels[channel].append(samples[channel]) }
    }

    /// Cleans the next segment of every channel if it is complete; nil if more input is needed.
    mutating func next(onStep: (Int) throws -> Void) throws -> AudioBuffer? {
        guard channels[0].isReady else { return nil }
        var pieces: [ChannelEnhancer.Piece] = []
        for channel in channels.indices {
            pieces.append(try channels[channel].processSegment(steps: steps, seed: options.seed, turns: options.noiseTurns, onStep: onStep))
        }
        guard hasHighBand else { return join(try up.process(pieces.map(\.enhanced))) }
        let topGains = topGains(of: pieces)
        for channel in channels.indices { gains[channel].append(contentsOf: topGains[channel]) }
        return join(try up.process(zip(pieces, topGains).map { piece, gain in
            piece.enhanced.indices.map { piece.enhanced[$0] - gain[$0] * piece.noisy[$0] }
        }))
    }

    /// Gains of the highest band: each channel's own, or one for all.
    private func topGains(of pieces: [ChannelEnhancer.Piece]) -> [[Float]] {
        guard options.linksChannels else {
            return pieces.map { piece in zip(piece.topBefore, piece.topAfter).map(TopBandPower.gain) }
        }
        let joint = pieces[0].topBefore.indices.map { index in
            TopBandPower.gain(
                before: pieces.reduce(0) { $0 + $1.topBefore[index] }, after: pieces.reduce(0) { $0 + $1.topAfter[index] })
        }
        return pieces.map { _ in joint }
    }

    /// Ends the recording and returns its last frames.
    mutating func finish() throws -> AudioBuffer {
        guard framesIn == frameCount else {
            throw EnhancementError.recordingChanged(path: name, first: frameCount, second: framesIn)
        }
        let rest = try up.flush(), missing = frameCount - framesOut
        return join(rest.map { samples in
            samples + [Float](repeating: 0, count: max(0, missing - samples.count))
        })
    }

    /// Adds what belongs to the frames from `framesOut` on to the resampled model output.
    private mutating func join(_ resampled: [[Float]]) -> AudioBuffer {
        let count = min(resampled[0].count, frameCount - framesOut)
        let kept = Float(options.attenuationLimit.map { pow(10, -$0 / 20) } ?? 0)
        var output: [[Float]] = []
        for channel in channels.indices {
            let high = hasHighBand ? highBandGains(channel, count: count) : []
            var samples = [Float](resampled[channel].prefix(count))
            for index in 0..<count {
                let original = input[channel][index]
                if hasHighBand { samples[index] += high[index] * (original - means[channel]) }
                if kept > 0 { samples[index] += kept * (original - samples[index]) }
            }
            output.append(samples)
            input[channel].removeSubrange(..<count)
        }
        framesOut += count
        dropGains()
        return AudioBuffer(channels: output, sampleRate: sampleRate)
    }

    /// Gains at the frames from `framesOut` on, interpolated from the model's time axis.
    private func highBandGains(_ channel: Int, count: Int) -> [Float] {
        let gains = gains[channel]
        guard let last = gains.last else { return [Float](repeating: 0, count: count) }
        let step = Double(modelRate) / Double(sampleRate)
        return (framesOut..<framesOut + count).map { frame in
            let position = max(0, Double(frame) * step - Double(gainStart))
            let index = Int(position)
            guard index + 1 < gains.count else { return last }
            return gains[index] + Float(position - Double(index)) * (gains[index + 1] - gains[index])
        }
    }

    /// Forgets gains that lie before the next frame, but never the last one.
    private mutating func dropGains() {
        guard let known = gains.first?.count, known > 1 else { return }
        let past = Int(Double(framesOut) * Double(modelRate) / Double(sampleRate)) - gainStart
        let dropped = min(max(0, past), known - 1)
        for channel in gains.indices { gains[channel].removeSubrange(..<dropped) }
        gainStart += dropped
    }
}
