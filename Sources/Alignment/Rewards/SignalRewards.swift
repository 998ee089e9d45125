import AudioDSP
import Foundation

/// How near a clip's loudness is to a target: minus the difference in LU, after ITU-R BS.1770.
public struct LoudnessReward: ClipReward {
    public let name: String
    public let kind = RewardKind.instance
    /// In LUFS.
    public let target: Double
    /// Differences up to here are none.
    public let tolerance: Double

    public init(name: String = "loudness", target: Double = -14, tolerance: Double = 0) {
        (self.name, self.target, self.tolerance) = (name, target, tolerance)
    }

    public var remarks: [String] {
        ["\(name): loudness in LUFS; the reward is minus what it is off \(target) LUFS by more than \(tolerance) LU"]
    }

    public func clipScores(of batch: ClipBatch) throws -> [ClipScore] {
        try batch.mapSounds { _, sound in
            do {
                let loudness = try Loudness.integrated(sound.channels, sampleRate: sound.sampleRate)
                guard loudness.isFinite else { return .undefined("it is silent") }
                return .checked(Score(measure: loudness, reward: -max(0, abs(loudness - target) - tolerance)))
            } catch let error as SignalError {
                return .undefined(error.localizedDescription)
            }
        }
    }
}

/// Minus the share of a clip's time that is silent: blocks of 50 ms below a level.
public struct SilenceReward: ClipReward {
    public let name: String
    public let kind = RewardKind.instance
    /// In dB of full scale, of a block's mean square over all channels.
    public let threshold: Double

    public init(name: String = "silence", threshold: Double = -60) { (self.name, self.threshold) = (name, threshold) }

    public var remarks: [String] { ["\(name): share of 50 ms blocks below \(threshold) dBFS; the reward is minus that"] }

    public func clipScores(of batch: ClipBatch) throws -> [ClipScore] {
        try batch.mapSounds { _, sound in
            guard sound.frameCount > 0 else { return .undefined("it is empty") }
            let block = max(1, sound.sampleRate / 20), power = Level.gain(decibels: 2 * threshold)
            let starts = Array(stride(from: 0, to: sound.frameCount, by: block))
            let silent = starts.count { start in
                let range = start..<min(sound.frameCount, start + block)
                let energy = sound.channels.reduce(0.0) { $0 + Level.meanSquare(Array($1[range])) }
                return energy / Double(sound.channels.count) < power
            }
            return .checked(Score(distance: Double(silent) / Double(starts.count)))
        }
    }
}

/// Minus the share of a clip's samples at or beyond full scale.
public struct ClippingReward: ClipReward {
    public let name: String
    public let kind = RewardKind.instance
    /// The magnitude from which a sample counts.
    public let threshold: Float

    public init(name: String = "clipping", threshold: Float = 0.999) { (self.name, self.threshold) = (name, threshold) }

    public var remarks: [String] { ["\(name): share of samples of magnitude \(threshold) and more; the reward is minus that"] }

    public func clipScores(of batch: ClipBatch) throws -> [ClipScore] {
        try batch.mapSounds { _, sound in
            guard sound.frameCount > 0 else { return .undefined("it is empty") }
            let clipped = sound.channels.reduce(0) { $0 + $1.count { abs($0) >= threshold } }
            return .checked(Score(distance: Double(clipped) / Double(sound.frameCount * sound.channels.count)))
        }
    }
}

extension LoudnessReward {
    static let definition = RewardDefinition(name: "loudness", summary: "loudness, and how near it is to a target") { settings, _ in
        let tolerance = try settings.number("tolerance") ?? 0
        guard tolerance >= 0 else { throw settings.fault("tolerance", "must not be negative") }
        return LoudnessReward(
            name: try settings.label("loudness"), target: try settings.number("target") ?? -14, tolerance: tolerance)
    }
}

extension SilenceReward {
    static let definition = RewardDefinition(name: "silence", summary: "share of the time that is silent") { settings, _ in
        SilenceReward(name: try settings.label("silence"), threshold: try settings.number("threshold") ?? -60)
    }
}

extension ClippingReward {
    static let definition = RewardDefinition(name: "clipping", summary: "share of samples at full scale") { settings, _ in
        let threshold = try settings.number("threshold") ?? 0.999
        guard threshold > 0 else { throw settings.fault("threshold", "must be above 0, not \(threshold)") }
        return ClippingReward(name: try settings.label("clipping"), threshold: Float(threshold))
    }
}
