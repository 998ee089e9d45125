import Foundation

/// Watches an extractor's input and output and says whether the target is there.
///
/// ```swift
/// var presence = try TargetPresence(sampleRate: 16_000)
/// presence.observe(input: mixture, output: extracted, count: 128)     // every chunk; allocates nothing
/// presence.state                                                      // for a light that is on while the target speaks
/// presence.verdict                                                    // for the whole recording
/// ```
/// An extractor that does not find its target gives little sound, so the evidence is the ratio of output to input level
/// while the input is active, smoothed; and, where it is told, the cosine between the voice and the vector of the
/// output. Both add up as log odds. Chunks of any size give the same result. Input and output are aligned.
public struct TargetPresence: Sendable {
    public enum State: String, Sendable {
        /// There was not yet enough sound to tell.
        case unknown
        case present
        case absent
    }

    /// What is to be said of a recording.
    public struct Verdict: Sendable, Equatable {
        public var state: State
        /// Probability-like, 0 (absent) to 1 (present): the best of any time.
        public var score: Double
        /// Output over input while the input was active, in dB; nil without active input.
        public var levelRatio: Double?
        /// Highest smoothed ratio, in dB; nil without active input.
        public var highestLevelRatio: Double?
        /// Part of the active time for which the running state was `present`.
        public var presentPart: Double
        /// The last cosine that was told.
        public var cosine: Double?
        /// Seconds in which the input was active.
        public var activeDuration: Double
    }

    public let settings: TargetPresenceSettings
    public let channels: Int
    /// The state at this time; it changes at most once in 20 ms.
    public private(set) var state = State.unknown

    private let blockLength: Int
    private let blockDuration: Double
    private let memory: Double
    private let peakMemory: Double
    private let floorPower: Double
    private let rangeFactor: Double

    private var block = Powers()
    private var blockCount = 0
    private var recent = Powers()
    private var total = Powers()
    private var loudest = 0.0
    private var activeBlocks = 0
    private var presentBlocks = 0
    private var highestRatio = -Double.infinity
    private var cosine: Double?

    private struct Powers {
        var input = 0.0, output = 0.0

        /// In dB, within ±100.
        var ratio: Double { max(-100, min(100, 10 * log10(max(output, 1e-30) / max(input, 1e-30)))) }
    }

    /// - Parameter sampleRate: in Hz.
    /// - Throws: `TargetSpeechError.invalidSetting`.
    public init(
        sampleRate: Int, channels: Int = 1, settings: TargetPresenceSettings = TargetPresenceSettings()
    ) throws {
        try settings.validate()
        guard (1000...1_000_000).contains(sampleRate) else {
            throw TargetSpeechError.invalidSetting(
                name: "sampleRate", value: "\(sampleRate)", fix: "it must be from 1000 to 1000000 Hz.")
        }
        guard (1...64).contains(channels) else {
            throw TargetSpeechError.invalidSetting(
                name: "channels", value: "\(channels)", fix: "it must be from 1 to 64.")
        }
        (self.settings, self.channels) = (settings, channels)
        blockLength = sampleRate / 50
        blockDuration = Double(blockLength) / Double(sampleRate)
        memory = exp(-blockDuration / settings.smoothing)
        peakMemory = exp(-blockDuration / 10)
        floorPower = pow(10, settings.activityFloor / 10)
        rangeFactor = pow(10, -settings.activityRange / 10)
    }

    /// Takes the next `count` frames, channel-major: `[channels, count]`. Samples that are no numbers count as silence.
    public mutating func observe(input: UnsafePointer<Float>, output: UnsafePointer<Float>, count: Int) {
        for frame in 0..<count {
            for channel in 0..<channels {
                let index = channel * count + frame, x = Double(input[index]), y = Double(output[index])
                if x.isFinite { block.input += x * x }
                if y.isFinite { block.output += y * y }
            }
            blockCount += 1
            if blockCount == blockLength { finishBlock() }
        }
    }

    /// The same of arrays of one length.
    public mutating func observe(input: [Float], output: [Float]) {
        precondition(input.count == output.count && input.count.isMultiple(of: channels), "input and output of one size")
        input.withUnsafeBufferPointer { input in
            output.withUnsafeBufferPointer { output in
                guard let x = input.baseAddress, let y = output.baseAddress else { return }
                observe(input: x, output: y, count: input.count / channels)
            }
        }
    }

    /// Takes the cosine between the voice and the vector of the output so far, or of its last seconds.
    public mutating func observe(cosine: Double) {
        guard cosine.isFinite else { return }
        self.cosine = max(-1, min(1, cosine))
        if activeBlocks > 0 { judge() }
    }

    /// What is to be said of all that came so far.
    public var verdict: Verdict {
        let known = activeDuration >= leastDuration
        let odds = known ? logOdds(ratio: highestRatio) : 0
        return Verdict(
            state: !known ? .unknown : odds > 0 ? .present : .absent, score: 1 / (1 + exp(-odds)),
            levelRatio: activeBlocks > 0 ? total.ratio : nil,
            highestLevelRatio: highestRatio.isFinite ? highestRatio : nil,
            presentPart: activeBlocks > 0 ? Double(presentBlocks) / Double(activeBlocks) : 0,
            cosine: cosine, activeDuration: activeDuration)
    }

    /// Forgets the signal.
    public mutating func reset() {
        (block, recent, total) = (Powers(), Powers(), Powers())
        (blockCount, activeBlocks, presentBlocks, loudest) = (0, 0, 0, 0)
        (highestRatio, cosine, state) = (-.infinity, nil, .unknown)
    }

    private var activeDuration: Double { Double(activeBlocks) * blockDuration }
    /// Active sound before anything is said, in seconds.
    private var leastDuration: Double { 0.5 * settings.smoothing }

    private mutating func finishBlock() {
        defer { (block, blockCount) = (Powers(), 0) }
        let power = block.input / Double(blockLength * channels)
        loudest = max(power, peakMemory * loudest)
        guard power > floorPower, power >= rangeFactor * loudest else { return }
        activeBlocks += 1
        total.input += block.input
        total.output += block.output
        recent.input = memory * recent.input + block.input
        recent.output = memory * recent.output + block.output
        judge()
        if state == .present { presentBlocks += 1 }
    }

    private mutating func judge() {
        guard activeDuration >= leastDuration else { return }
        let ratio = recent.ratio, odds = logOdds(ratio: ratio)
        highestRatio = max(highestRatio, ratio)
        if odds > settings.hysteresis {
            state = .present
        } else if odds < -settings.hysteresis {
            state = .absent
        } else if state == .unknown {
            state = odds > 0 ? .present : .absent
        }
    }

    private func logOdds(ratio: Double) -> Double {
        settings.levelSlope * (ratio - settings.levelThreshold)
            + (cosine.map { settings.cosineSlope * ($0 - settings.cosineThreshold) } ?? 0)
    }
}
