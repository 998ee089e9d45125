import Foundation
import TextEncoding

/// How near a clip's tempo is to the one that is wanted, in octaves: minus |log₂(found / wanted)|. A beat taken at half or
/// double time counts as found.
public struct TempoReward: ClipReward {
    public let name: String
    public let kind = RewardKind.instance
    /// In beats a minute; nil for what each clip's prompt says, as "120 bpm".
    public let target: Double?

    public init(name: String = "tempo", target: Double? = nil) { (self.name, self.target) = (name, target) }

    public var remarks: [String] {
        let wanted = target.map { "\($0)" } ?? "the prompt's"
        return ["\(name): beats a minute; the reward is minus the octaves it is off \(wanted), half and double time allowed"]
    }

    public func clipScores(of batch: ClipBatch) throws -> [ClipScore] {
        let estimator = TempoEstimator()
        return try batch.mapSounds { clip, sound in
            guard let wanted = target ?? clip.prompt?.namedTempo else {
                return .undefined("its prompt names no tempo, as \"120 bpm\"")
            }
            guard let found = try estimator(sound)?.beatsPerMinute else {
                return .undefined("it has no clear pulse, or is shorter than \(TempoEstimator.shortest) s")
            }
            let distance = [0.5, 1, 2].map { abs(log2($0 * found / wanted)) }.min() ?? 0
            return .checked(Score(measure: found, reward: -distance))
        }
    }
}

extension TempoReward {
    static let definition = RewardDefinition(name: "tempo", summary: "tempo, and how near it is to the wanted one") { settings, _ in
        let target = try settings.number("bpm")
        if let target, !(20...400).contains(target) { throw settings.fault("bpm", "must be from 20 to 400, not \(target)") }
        return TempoReward(name: try settings.label("tempo"), target: target)
    }
}
