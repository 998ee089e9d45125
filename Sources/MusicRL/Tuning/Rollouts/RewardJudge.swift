import Alignment
import AudioDSP
import AudioEmbeddings
import NeuralCore

/// Decodes clips and asks a set of rewards.
public struct RewardJudge: ClipJudge {
    private let model: MusicModel
    private let prompts: [String]
    private let rewards: RewardSet
    /// Rewards that nothing is tuned on.
    private let gold: RewardSet?
    private let encoder = SpectralStatisticsEncoder()

    public init(model: MusicModel, prompts: [String], rewards: RewardSet, gold: RewardSet? = nil) {
        (self.model, self.prompts, self.rewards, self.gold) = (model, prompts, rewards, gold)
    }

    public var kind: RewardKind { rewards.kind }

    public func judge(_ clips: [CodeSequence], names: [String], isHeldOut: Bool) throws -> Judgement {
        let batch = try self.batch(clips, names: names, sounds: sounds(clips))
        let report = try rewards.report(on: batch)
        var judgement = Judgement(trained: Self.track(rewards, report, batch), kept: report.kept)
        guard isHeldOut else { return judgement }
        judgement.watched = try Self.parts(rewards, report, batch)
        if let gold {
            let watched = try gold.report(on: batch, isStrict: false)
            if gold.terms.count > 1 { judgement.watched.append(Self.track(gold, watched, batch, prefix: "gold ")) }
            judgement.watched += try Self.parts(gold, watched, batch, prefix: "gold ")
        }
        let silence = try SilenceReward().scores(of: batch) ?? []
        judgement.soundingShares = silence.map { 1 - ($0.score?.measure ?? 1) }
        judgement.diversity = try VendiReward(encoder: encoder).score(of: batch, members: Array(clips.indices)).score.measure
        return judgement
    }

    public func judgeParts(_ clips: [CodeSequence], names: [String], count: Int) throws -> [[Double]?] {
        guard rewards.kind != .distribution else {
            throw TuningError.unsuitable(method: "segments", reason: "\(rewards.name) is of whole sets of clips")
        }
        let cut = try sounds(clips).flatMap { sound in
            (0..<count).map { part in
                let range = part * sound.frameCount / count..<(part + 1) * sound.frameCount / count
                return AudioBuffer(channels: sound.channels.map { Array($0[range]) }, sampleRate: sound.sampleRate)
            }
        }
        let owners = clips.flatMap { [CodeSequence](repeating: $0, count: count) }
        let labels = names.flatMap { name in (1...count).map { "\(name), part \($0) of \(count)" } }
        let totals = try rewards.report(on: batch(owners, names: labels, sounds: cut)).totals
        return clips.indices.map { clip in
            let own = totals[clip * count..<(clip + 1) * count].compactMap { $0 }
            return own.count == count ? own : nil
        }
    }

    /// The weighted sum of the rewards of each clip; nil where one of them says nothing.
    public func rewards(_ clips: [CodeSequence], names: [String]) throws -> [Double?] {
        try rewards.report(on: batch(clips, names: names, sounds: sounds(clips)), isStrict: false).totals
    }

    /// The sound of clips; channels have codebooks in turns.
    public func sounds(_ clips: [CodeSequence]) throws -> [AudioBuffer] {
        let channels = model.channels
        return try parallelMap(clips.count) { index in
            Result {
                let codes = clips[index].codes
                let sound = try (0..<channels).map { channel in
                    try model.codec.decode(stride(from: channel, to: codes.count, by: channels).map { codes[$0] })[0]
                }
                return AudioBuffer(channels: sound, sampleRate: model.sampleRate)
            }
        }.map { try $0.get() }
    }

    private func batch(_ clips: [CodeSequence], names: [String], sounds: [AudioBuffer]) throws -> ClipBatch {
        ClipBatch(zip(clips, zip(names, sounds)).map { clip, item in
            Clip(name: item.0, source: .sound(item.1), prompt: prompts[clip.prompt])
        })
    }

    private static func track(
        _ set: RewardSet, _ report: RewardSet.Report, _ batch: ClipBatch, prefix: String = ""
    ) -> Judgement.Track {
        Judgement.Track(name: prefix + set.name, clips: set.kind == .distribution ? nil : report.totals) { members in
            try set.score(of: batch, members: members).score.reward
        }
    }

    /// Each reward of a set by itself, where there are several.
    private static func parts(
        _ set: RewardSet, _ report: RewardSet.Report, _ batch: ClipBatch, prefix: String = ""
    ) throws -> [Judgement.Track] {
        guard set.terms.count > 1 || !prefix.isEmpty else { return [] }
        return zip(set.terms, report.clipScores).map { term, scores in
            let reward = term.reward
            return Judgement.Track(name: prefix + reward.name, clips: scores?.map(\.reward)) { members in
                let known = members.filter { scores?[$0].reward != nil || scores == nil }
                return try reward.score(of: batch, members: known).score.reward
            }
        }
    }
}
