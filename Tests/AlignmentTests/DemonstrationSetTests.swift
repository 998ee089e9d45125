import Alignment
import AudioMetrics
import NeuralCore
import TestSupport
import Testing

@Suite struct DemonstrationSetTests {
    static let sets = Fixture.all(in: "music/metrics")

    private func setting(_ fixture: Fixture) throws -> (count: Int, reward: ([Int]) throws -> Double) {
        func rows(_ name: String) throws -> EmbeddingSet {
            let shape = try fixture.shape(name)
            return try EmbeddingSet(fixture.doubles(name), count: shape[0], dimension: shape[1])
        }
        let first = try rows("dragon.batch_a"), second = try rows("dragon.batch_b")
        let reference = try GaussianStatistics(rows("dragon.ref"))
        let all = try EmbeddingSet(first.values + second.values, count: 2 * first.count, dimension: first.dimension)
        return (first.count, { try -FrechetDistance.between(GaussianStatistics(all.selecting($0)), reference).value })
    }

    @Test(arguments: sets)
    func swapsMatch(_ fixture: Fixture) throws {
        let (count, reward) = try setting(fixture), expected = fixture.values["dragon_swap"]
        func choices(_ key: String) throws -> [Bool] { try #require(expected[key].ints).map { $0 == 1 } }
        let found = try DemonstrationSets.bySwapping(count: count, start: choices("init_choice"), reward: reward)
        #expect(try found.choices == choices("final_choice"))
        expectNear(found.rewards, expected["reward_after_each_pass"].doubles, relative: 1e-9)
        expectNear(try reward(found.positive), expected["final_reward_plus"].double, relative: 1e-9)
        expectNear(try reward(found.negative), expected["final_reward_minus"].double, relative: 1e-9)
        #expect(Set(found.positive + found.negative).count == 2 * count)
        // The fixture's choices of 1 take the second batch.
        expectNear(found.rewards[0], expected["init_reward"].double, relative: 1e-9)
    }

    @Test(arguments: sets)
    func contributionsMatch(_ fixture: Fixture) throws {
        let (count, reward) = try setting(fixture), expected = fixture.values["dragon_leave_one_out"]
        let found = try DemonstrationSets.leaveOneOut(count: 2 * count, reward: reward)
        expectNear(found.base, expected["base"].double, relative: 1e-9)
        expectNear(found.contributions, expected["contribution"].doubles, relative: 1e-9, absolute: 1e-9)
    }

    /// A chosen set beats both of its sources, and each rule improves most what it targets.
    @Test func choosingBeatsBothSources() throws {
        var rng = Philox(seed: 5)
        func draw(_ count: Int, mean: Float) -> [Double] { Tensor.gaussian([count * 4], using: &rng).values.map { Double($0 + mean) } }
        let count = 24, a = draw(count, mean: 0.3), b = draw(count, mean: -0.3)
        let reference = try GaussianStatistics(EmbeddingSet(draw(400, mean: 0), count: 400, dimension: 4))
        let all = try EmbeddingSet(a + b, count: 2 * count, dimension: 4)
        func full(_ members: [Int]) throws -> Double { try -FrechetDistance.between(GaussianStatistics(all.selecting(members)), reference).value }
        let single = try (0..<2 * count).map { try -FrechetDistance.between(GaussianStatistics(all.selecting([$0])), reference).value }
        let swapped = try DemonstrationSets.bySwapping(count: count, reward: full)
        let paired = try DemonstrationSets.byScore(first: Array(single[..<count]), second: Array(single[count...]))
        let sources = [Array(0..<count), Array(count..<2 * count)]
        for source in sources { #expect(try full(swapped.positive) > full(source)) }
        func mean(_ members: [Int]) -> Double { members.reduce(0) { $0 + single[$1] } / Double(members.count) }
        for source in sources { #expect(mean(paired.positive) >= mean(source)) }
        #expect(try full(swapped.positive) > full(paired.positive) && mean(paired.positive) > mean(swapped.positive))
        // Sweeps never lose.
        #expect(zip(swapped.rewards, swapped.rewards.dropFirst()).allSatisfy { $0 <= $1 })
    }

    @Test func pairsGoByScore() throws {
        let choice = try DemonstrationSets.byScore(first: [1, 2, 3], second: [2, 2, 1])
        #expect(choice.choices == [true, false, false] && choice.positive == [3, 1, 2] && choice.negative == [0, 4, 5])
        #expect(DemonstrationSets.ties(first: [1, 2, 3], second: [2, 2, 1]) == 1)
        #expect(throws: AlignmentError.self) { try DemonstrationSets.byScore(first: [1, .nan], second: [1, 2]) }
        #expect(throws: AlignmentError.self) { try DemonstrationSets.byScore(first: [], second: []) }
        #expect(throws: AlignmentError.self) { try DemonstrationSets.bySwapping(count: 2) { _ in .nan } }
        #expect(throws: AlignmentError.self) { try DemonstrationSets.leaveOneOut(count: 1) { _ in 0 } }
    }
}
