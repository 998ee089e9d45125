import Alignment
import NeuralCore

/// Those of a round's clips that go through the networks again, and what is known of them.
struct LearnedClips {
    let clips: [CodeSequence]
    let names: [String]
    /// Which of them belong to each prompt.
    let groups: [[Int]]
    let judgement: Judgement

    private struct Item {
        var clip: CodeSequence
        var name: String
        /// Its number among all clips of the round.
        var index: Int
        /// nil where only sets have one.
        var reward: Double?
    }

    /// - Parameters:
    ///   - generated: as many clips of each prompt as the settings say, one prompt after the other.
    ///   - judgement: of all of them.
    ///   - judge: asked once more where clips are borrowed.
    init(
        of generated: [CodeSequence], names: [String], _ judgement: Judgement, judge: any ClipJudge,
        settings: TuningConfiguration, using rng: inout Philox
    ) throws {
        let kept = Set(judgement.kept), samples = settings.samples
        let own = (0..<generated.count / samples).map { place in
            (place * samples..<(place + 1) * samples).filter(kept.contains)
        }
        func items(_ indices: [Int]) -> [Item] {
            indices.map { Item(clip: generated[$0], name: names[$0], index: $0, reward: judgement.trained.clips?[$0]) }
        }
        var chosen = own.map(items), loans: [Int: Item] = [:]
        if settings.method == .dragon, settings.dragon.extremes || settings.dragon.exploration > 0 {
            let rewards = try judgement.trained.clips ?? judgement.contributions(count: generated.count)
            let extremes = DragonUnits.extremes(own, rewards).map(items)
            for (place, index) in Self.borrowed(own, rewards, settings, using: &rng) {
                loans[place] = Item(clip: generated[index].borrowed(for: generated[own[place][0]].prompt), name: names[index], index: index)
            }
            if judgement.trained.clips != nil { try Self.judgeAnew(&loans, judge) }
            for place in own.indices {
                if let loan = loans[place] {
                    chosen[place] = Self.pair(loan, extremes[place], isOfSets: judgement.trained.clips == nil)
                } else if settings.dragon.extremes {
                    chosen[place] = extremes[place]
                }
            }
        }
        let all = chosen.flatMap(\.self)
        (clips, self.names) = (all.map(\.clip), all.map(\.name))
        var count = 0
        groups = chosen.map { group in
            count += group.count
            return Array(count - group.count..<count)
        }
        if loans.isEmpty {
            self.judgement = judgement.selecting(all.map(\.index))
        } else if judgement.trained.clips != nil {
            self.judgement = Judgement(
                trained: .init(name: judgement.trained.name, clips: all.map(\.reward)), kept: Array(all.indices))
        } else {
            self.judgement = try judge.judge(clips, names: self.names, isHeldOut: false)
        }
    }

    /// For each prompt that borrows, one of the best clips of the round: as many of them as there are prompts.
    private static func borrowed(
        _ groups: [[Int]], _ rewards: [Double?], _ settings: TuningConfiguration, using rng: inout Philox
    ) -> [Int: Int] {
        let best = DragonUnits.ranked(Array(rewards.indices), rewards).prefix(groups.count).shuffled(using: &rng)
        var found: [Int: Int] = [:]
        for place in groups.indices where place < best.count && settings.isBorrowing(place: place) {
            if !groups[place].isEmpty, !groups[place].contains(best[place]) { found[place] = best[place] }
        }
        return found
    }

    /// What was drawn for another prompt may be worth less for this one.
    private static func judgeAnew(_ loans: inout [Int: Item], _ judge: any ClipJudge) throws {
        let places = loans.keys.sorted(), items = places.map { loans[$0]! }
        guard !items.isEmpty else { return }
        let rewards = try judge.judge(items.map(\.clip), names: items.map(\.name), isHeldOut: false).trained.clips ?? []
        for (place, reward) in zip(places, rewards) { loans[place]?.reward = reward }
    }

    /// What is borrowed against the worst of the prompt's own clips, or the best of them against it if it is worse than that.
    private static func pair(_ loan: Item, _ extremes: [Item], isOfSets: Bool) -> [Item] {
        guard let best = extremes.first, let worst = extremes.last else { return [] }
        if isOfSets { return [loan, worst] }
        guard let reward = loan.reward, let lowest = worst.reward else { return extremes }
        return reward > lowest ? [loan, worst] : [best, loan]
    }
}
