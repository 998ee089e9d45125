import Alignment
import AudioDSP
import AudioEmbeddings
import ScoreDiffusion

/// Judges enhanced speech by a set of rewards. Rewards of sets choose by swaps between two versions of each mixture.
struct RewardSetJudge: SpeechJudge {
    let rewards: RewardSet
    let fingerprint: String

    func choices(among versions: [[[Float]]], clean: [[Float]], sampleRate: Int) throws -> [VersionChoice?] {
        guard rewards.kind != .distribution else { return try choicesBySwapping(versions, sampleRate) }
        let sounds = versions.flatMap { $0 }, names = versions.indices.flatMap { mixture in
            versions[mixture].indices.map { "version \($0 + 1) of mixture \(mixture + 1)" }
        }
        let totals = try rewards.report(on: batch(sounds, sampleRate, names: names)).totals
        var rest = totals[...]
        return versions.map { own in
            defer { rest = rest.dropFirst(own.count) }
            return VersionChoice(scores: Array(rest.prefix(own.count)))
        }
    }

    func reward(of results: [[Float]], clean: [[Float]], sampleRate: Int) throws -> Double? {
        try rewards.report(on: batch(results, sampleRate, names: results.indices.map { "mixture \($0 + 1)" }), isStrict: false).total
    }

    private func choicesBySwapping(_ versions: [[[Float]]], _ sampleRate: Int) throws -> [VersionChoice?] {
        let sounds = versions.map { $0[0] } + versions.map { $0[1] }
        let batch = batch(sounds, sampleRate, names: sounds.indices.map { "version \($0 / versions.count + 1) of mixture \($0 % versions.count + 1)" })
        let choice = try DemonstrationSets.bySwapping(count: versions.count) { try rewards.score(of: batch, members: $0).score.reward }
        guard versions.contains(where: { $0[0] != $0[1] }) else { return versions.map { _ in nil } }
        return choice.choices.map { $0 ? VersionChoice(best: 1, worst: 0) : VersionChoice(best: 0, worst: 1) }
    }

    private func batch(_ sounds: [[Float]], _ sampleRate: Int, names: [String]) -> ClipBatch {
        ClipBatch(zip(sounds, names).map { sound, name in
            Clip(name: name, source: .sound(AudioBuffer(channels: [sound], sampleRate: sampleRate)))
        })
    }
}
