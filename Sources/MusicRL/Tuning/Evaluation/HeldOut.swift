import Alignment
import Foundation
import NeuralCore
import Training

/// Clips for held-out prompts, always by the same seeds, of the start and of the policy as it is.
struct HeldOut: Sendable {
    /// What a policy made of the prompts.
    struct Clips: Sendable {
        let clips: [CodeSequence]
        let judgement: Judgement?
        let own: [SequenceScores]
        let base: [SequenceScores]
    }

    let requests: [RolloutGenerator.Request]
    /// A second clip of each of the first prompts.
    let repeats: [RolloutGenerator.Request]
    private let seed: UInt64
    private let duration: Double

    /// - Parameter prompts: numbers of the held-out prompts; with fewer than eight, several clips are made for each.
    init(prompts: [Int], seed: UInt64, seconds: Double) {
        requests = (0..<max(prompts.count, min(8, prompts.count * 8))).map { index in
            var random = RandomPurpose.validation.generator(run: seed, stream: index)
            return .init(prompt: prompts[index % prompts.count], seed: random.next())
        }
        repeats = requests.prefix(32).enumerated().map { index, request in
            var random = RandomPurpose.validation.generator(run: seed, stream: 1 << 41 | index)
            return .init(prompt: request.prompt, seed: random.next())
        }
        (self.seed, duration) = (seed, seconds)
    }

    func names(_ prompts: [String]) -> [String] {
        requests.enumerated().map { "held-out clip \($0 + 1) (\"\(prompts[$1.prompt].prefix(40))\")" }
    }

    /// The mean of rewards, and the deviation of clips of one prompt.
    ///
    /// - Parameters:
    ///   - rewards: of the clips that were asked for.
    ///   - repeats: of the second clips.
    static func scale(_ rewards: [Double?], repeats: [Double?]) -> (mean: Double, deviation: Double) {
        let known = rewards.compactMap { $0 }
        guard !known.isEmpty else { return (0, 1) }
        let differences = zip(rewards, repeats).compactMap { pair in pair.0.flatMap { a in pair.1.map { a - $0 } } }
        let variance = differences.reduce(0) { $0 + $1 * $1 } / Double(2 * max(differences.count, 1))
        return (known.reduce(0, +) / Double(known.count), variance > 0 ? variance.squareRoot() : 1)
    }

    func measurement(_ now: Clips, start: Clips) throws -> TuningMeasurement {
        let count = Double(now.clips.count)
        let signed = zip(now.own, now.base).map { logRatio($0.logarithms, $1.logarithms) }
        let mean = signed.reduce(0, +) / count
        let error = (signed.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / max(count - 1, 1) / count).squareRoot()
        var rewards: [String: TuningMeasurement.Reward] = [:]
        if let judgement = now.judgement, let first = start.judgement {
            let pairs = zip([judgement.trained] + judgement.watched, [first.trained] + first.watched)
            for (track, before) in pairs {
                let kept = judgement.kept.filter(Set(first.kept).contains)
                do {
                    rewards[track.name] = try compare(track, before, kept: kept)
                } catch is AlignmentError where track.name != judgement.trained.name {
                    // A watched reward that these clips do not have is not shown.
                }
            }
        }
        return TuningMeasurement(
            clips: now.clips.count, rewards: rewards, trained: now.judgement?.trained.name ?? "",
            divergence: zip(now.own, now.base).reduce(0) { $0 + $1.0.divergence(from: $1.1.logarithms) } / count, signedDivergence: mean,
            divergenceError: error, entropy: now.own.reduce(0) { $0 + $1.entropy } / count,
            soundingSeconds: now.judgement.flatMap { judgement in
                judgement.soundingShares.isEmpty
                    ? nil : duration * judgement.soundingShares.reduce(0, +) / Double(judgement.soundingShares.count)
            }, seconds: duration, diversity: now.judgement?.diversity, repetition: now.clips.reduce(0) { $0 + Self.repetition($1) } / count)
    }

    private func compare(_ now: Judgement.Track, _ before: Judgement.Track, kept: [Int]) throws -> TuningMeasurement.Reward? {
        guard let values = now.clips, let old = before.clips else {
            var random = RandomPurpose.validation.generator(run: seed, stream: 1 << 40), wins = 0.0
            let draws = 50, size = max(1, kept.count / 2)
            for _ in 0..<draws {
                var rest = kept
                let half = (0..<size).map { _ in rest.remove(at: random.nextInt(below: rest.count)) }
                let (a, b) = (try now.set(half), try before.set(half))
                wins += a > b ? 1 : a == b ? 0.5 : 0
            }
            return .init(value: try now.set(kept), start: try before.set(kept), winRate: wins / Double(draws))
        }
        let pairs = values.indices.compactMap { index in values[index].flatMap { a in old[index].map { (a, $0) } } }
        guard !pairs.isEmpty else { return nil }
        let count = Double(pairs.count), differences = pairs.map { $0.0 - $0.1 }
        let mean = differences.reduce(0, +) / count
        let deviation = (differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / max(count - 1, 1)).squareRoot()
        return .init(
            value: pairs.reduce(0) { $0 + $1.0 } / count, start: pairs.reduce(0) { $0 + $1.1 } / count,
            winRate: pairs.reduce(0) { $0 + ($1.0 > $1.1 ? 1 : $1.0 == $1.1 ? 0.5 : 0) } / count,
            error: deviation / count.squareRoot())
    }

    static func repetition(_ clip: CodeSequence) -> Double {
        let row = clip.codes[0]
        guard row.count >= 8 else { return 0 }
        var seen: Set<[Int32]> = []
        let pieces = row.count - 3
        for start in 0..<pieces { seen.insert(Array(row[start..<start + 4])) }
        return 1 - Double(seen.count) / Double(pieces)
    }
}
