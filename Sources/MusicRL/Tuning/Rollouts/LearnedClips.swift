import Alignment
import NeuralCore

/// Those of a round's clips that go through the networks again, and what is known of them.
struct LearnedClips {
    private(set) var clips: [CodeSequence] = []
    private(set) var names: [String] = []
    /// Which of them belong to each prompt.
    private(set) var groups: [[Int]] = []
    private(set) var judgement: Judgement
    private var indices: [Int] = []

    /// - Parameters:
    ///   - generated: as many clips of each prompt as the settings say, one prompt after the other.
    ///   - judgement: of all of them.
    ///   - judge: asked once more where clips are borrowed.
    init(
        of generated: [CodeSequence], names: [String], _ judgement: Judgement, judge: any ClipJudge,
        settings: TuningConfiguration, using rng: inout Philox
    ) throws {
        self.judgement = judgement
        let kept = Set(judgement.kept), dragon = settings.dragon, samples = settings.samples
        var groups = (0..<generated.count / samples).map { place in
            (place * samples..<(place + 1) * samples).filter(kept.contains)
        }
        var borrowed: [Int: Int] = [:]
        if settings.method == .dragon, dragon.extremes || dragon.exploration > 0 {
            let rewards = try judgement.trained.clips ?? judgement.contributions(count: generated.count)
            let extremes = DragonUnits.extremes(groups, rewards)
            if dragon.exploration > 0 { borrowed = Self.borrowed(groups, rewards, settings, using: &rng) }
            for place in groups.indices {
                if borrowed[place] != nil {
                    // Of its own clips the worst is compared with what is borrowed.
                    groups[place] = extremes[place].suffix(1)
                } else if dragon.extremes {
                    groups[place] = extremes[place]
                }
            }
        }
        for (place, group) in groups.enumerated() {
            let first = clips.count
            if let index = borrowed[place], let own = group.last {
                var clip = CodeSequence(prompt: generated[own].prompt, codes: generated[index].codes)
                clip.isBorrowed = true
                append(clip, names[index], index)
            }
            for index in group { append(generated[index], names[index], index) }
            self.groups.append(Array(first..<clips.count))
        }
        // What was drawn for another prompt may be worth less for this one.
        self.judgement = borrowed.isEmpty
            ? judgement.selecting(indices) : try judge.judge(clips, names: self.names, isHeldOut: false)
    }

    private mutating func append(_ clip: CodeSequence, _ name: String, _ index: Int) {
        clips.append(clip)
        names.append(name)
        indices.append(index)
    }

    /// For each prompt that borrows, one of the best clips of the round: as many of them as there are prompts.
    private static func borrowed(
        _ groups: [[Int]], _ rewards: [Double?], _ settings: TuningConfiguration, using rng: inout Philox
    ) -> [Int: Int] {
        let order = rewards.indices.filter { rewards[$0] != nil }.sorted { (-rewards[$0]!, $0) < (-rewards[$1]!, $1) }
        let best = order.prefix(groups.count).shuffled(using: &rng)
        var found: [Int: Int] = [:]
        for place in groups.indices where place < best.count && settings.isBorrowing(place: place) {
            if !groups[place].isEmpty, !groups[place].contains(best[place]) { found[place] = best[place] }
        }
        return found
    }
}
