import NeuralCore
import Testing

@testable import MusicRL

/// Which prompts borrow their wanted clip, and from whom.
@Suite struct ExplorationTests {
    @Test(arguments: [(0.0, 8, 0), (0.25, 8, 2), (0.5, 2, 1), (0.5, 9, 4), (0.75, 8, 6), (1, 5, 5)])
    func shares(_ share: Double, _ prompts: Int, _ expected: Int) {
        var settings = TuningConfiguration()
        settings.dragon.exploration = share
        #expect((0..<prompts).count { settings.isBorrowing(place: $0) } == expected)
        settings.method = .rloo
        #expect(!(0..<prompts).contains { settings.isBorrowing(place: $0) })
    }

    /// Six prompts with three clips each; the reward of a clip is its first code.
    private func learned(_ rewards: [Int32], _ change: (inout TuningConfiguration) -> Void, judge: FunctionJudge? = nil) throws -> LearnedClips {
        var settings = TuningConfiguration(), random = Philox(seed: 1), other = FunctionJudge()
        (settings.prompts, settings.samples) = (6, 3)
        change(&settings)
        other.reward = { $0.codes[0][0] < 0 ? nil : Double($0.codes[0][0]) }
        let clips = rewards.enumerated().map { CodeSequence(prompt: $0 / 3, codes: [[$1]]) }, names = rewards.map { "clip \($0)" }
        let judge = judge ?? other
        let judgement = try judge.judge(clips, names: names, isHeldOut: false)
        return try LearnedClips(of: clips, names: names, judgement, judge: judge, settings: settings, using: &random)
    }

    private let rewards: [Int32] = [1, 0, 2, 91, 92, 93, 5, 4, 3, 94, 95, 6, 9, 8, 7, 96, 10, 11]

    @Test func theBestOfTheRoundAgainstTheWorstOfItsOwn() throws {
        let learned = try learned(rewards) { $0.dragon.exploration = 1 }
        #expect(learned.groups.count == 6)
        var lent: [Int32] = []
        for (place, group) in learned.groups.enumerated() {
            let clips = group.map { learned.clips[$0] }, own = rewards[3 * place..<3 * place + 3]
            #expect(clips.allSatisfy { $0.prompt == place })
            #expect(!clips[clips.count - 1].isBorrowed)
            guard clips[0].isBorrowed else {
                #expect(clips.map { $0.codes[0][0] } == Array(own), "it was to borrow one of its own")
                continue
            }
            #expect(clips.count == 2 && clips[1].codes[0][0] == own.min())
            lent.append(clips[0].codes[0][0])
            #expect(learned.names[group[0]] == "clip \(lent[lent.count - 1])")
        }
        #expect(lent.count >= 3 && Set(lent).count == lent.count && lent.allSatisfy { $0 > 90 })
        #expect(learned.judgement.trained.clips?.count == learned.clips.count)
    }

    /// The others keep all their clips, or the best and the worst of them.
    @Test(arguments: [false, true]) func theOthersLearnFromTheirOwn(_ extremes: Bool) throws {
        let learned = try learned(rewards) { ($0.dragon.exploration, $0.dragon.extremes) = (0.5, extremes) }
        for place in [0, 2, 4] {
            let clips = learned.groups[place].map { learned.clips[$0] }
            #expect(clips.count == (extremes ? 2 : 3) && clips.allSatisfy { !$0.isBorrowed && $0.prompt == place })
        }
        #expect(learned.clips.contains { $0.isBorrowed })
    }

    /// A reward that asks for something else with each prompt is asked again: what fits another better is what not to do.
    @Test func borrowedClipsAreJudgedAnew() throws {
        var judge = FunctionJudge()
        // The third clip of each prompt fits it, the first least.
        let codes: [Int32] = (0..<6).flatMap { prompt in (0..<3).map { Int32(10 * prompt + $0) } }
        judge.reward = { clip in Int(clip.codes[0][0]) / 10 == clip.prompt ? Double(clip.codes[0][0] % 10) : -1 }
        let learned = try learned(codes, { $0.dragon.exploration = 1 }, judge: judge)
        let rewards = learned.judgement.trained.clips ?? []
        for (clip, reward) in zip(learned.clips, rewards) { #expect(reward == judge.reward(clip)) }
        for (place, group) in learned.groups.enumerated() where learned.clips[group[1]].isBorrowed {
            #expect(group.count == 2)
            #expect(learned.clips[group[0]].codes[0][0] == Int32(10 * place + 2), "its own best is wanted")
        }
        #expect(learned.clips.contains { $0.isBorrowed })
    }

    /// Prompts without a clip that counts learn nothing, and borrow nothing.
    @Test func droppedClips() throws {
        let learned = try learned([-1, -1, -1] + rewards.dropFirst(3)) { $0.dragon.exploration = 1 }
        #expect(learned.groups[0].isEmpty)
        #expect(learned.clips.allSatisfy { $0.codes[0][0] >= 0 })
    }

    /// Where only sets have a reward, each clip counts for what it adds.
    @Test func setsLendWhatAddsMost() throws {
        var judge = FunctionJudge()
        judge.setReward = { $0.reduce(0) { $0 + Double($1.codes[0][0]) } / 100 }
        let learned = try learned(rewards, { ($0.dragon.exploration, $0.dragon.extremes) = (1, true) }, judge: judge)
        let lent = learned.clips.filter { $0.isBorrowed }.map { $0.codes[0][0] }
        #expect(!lent.isEmpty && lent.allSatisfy { $0 > 90 })
        for group in learned.groups { #expect(group.count == 2) }
    }

    @Test func refusals() {
        var settings = TuningConfiguration()
        settings.dragon.exploration = 1.1
        #expect(throws: TuningError.self) { try settings.validate() }
        (settings.dragon.exploration, settings.dragon.segments) = (0.5, 2)
        #expect(throws: TuningError.self) { try settings.validate() }
    }
}
