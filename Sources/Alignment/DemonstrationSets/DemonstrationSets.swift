/// Which of two generations of each prompt goes into the positive set and which into the negative one.
///
/// The construction of DRAGON: Y. Bai et al., "DRAGON: distributional rewards optimize diffusion generative models",
/// 2025. `choices[i]` says whether the positive set takes the second generation of prompt `i`; the other one goes into the
/// negative set, so both sets have one clip of every prompt and pairs share their prompts.
public struct DemonstrationChoice: Sendable, Equatable {
    public var choices: [Bool]
    /// The reward of the positive set after each sweep, the start's first; empty where no set was scored.
    public var rewards: [Double] = []

    /// Indices of the positive set's clips among all first generations followed by all second ones.
    public var positive: [Int] { choices.enumerated().map { $1 ? $0 + choices.count : $0 } }
    public var negative: [Int] { choices.enumerated().map { $1 ? $0 : $0 + choices.count } }
}

public enum DemonstrationSets {
    /// The higher-scored generation of each pair; the first one where they are equal.
    public static func byScore(first: [Double], second: [Double]) throws -> DemonstrationChoice {
        guard first.count == second.count, !first.isEmpty, (first + second).allSatisfy(\.isFinite) else {
            throw AlignmentError.invalid(
                what: "The demonstration sets", reason: "\(first.count) and \(second.count) scores are no finite pairs")
        }
        return DemonstrationChoice(choices: zip(first, second).map { $1 > $0 })
    }

    /// Prompts whose two generations score alike, from which a paired loss learns nothing.
    public static func ties(first: [Double], second: [Double]) -> Int { zip(first, second).count { $0 == $1 } }

    /// For rewards of whole sets: swaps the two generations of one prompt after the other, and keeps a swap if it raises the
    /// reward of the positive set; sweeps until nothing changes.
    ///
    /// The paper's own order of swaps could not be read; this is a greedy sweep in the order of the prompts, which accepts
    /// strict gains only.
    /// - Parameters:
    ///   - start: where to begin; nil for the better of all first and all second generations.
    ///   - maximumSweeps: after which it ends in any case.
    ///   - reward: of the clips at the indices given, among all first generations followed by all second ones.
    public static func bySwapping(
        count: Int, start: [Bool]? = nil, maximumSweeps: Int = 5, reward: ([Int]) throws -> Double
    ) throws -> DemonstrationChoice {
        guard count > 0, start == nil || start?.count == count, maximumSweeps >= 0 else {
            throw AlignmentError.invalid(
                what: "The demonstration sets", reason: "\(start?.count ?? count) choices for \(count) prompts")
        }
        func value(_ choices: [Bool]) throws -> Double {
            let value = try reward(DemonstrationChoice(choices: choices).positive)
            guard value.isFinite else {
                throw AlignmentError.undefinedSetReward(reward: "distributional", reason: "it is \(value)")
            }
            return value
        }
        var choices = start ?? [Bool](repeating: false, count: count), best = try value(choices)
        if start == nil {
            let other = [Bool](repeating: true, count: count), score = try value(other)
            if score > best { (choices, best) = (other, score) }
        }
        var rewards = [best]
        for _ in 0..<maximumSweeps {
            var hasChanged = false
            for index in 0..<count {
                choices[index].toggle()
                let score = try value(choices)
                if score > best { (best, hasChanged) = (score, true) } else { choices[index].toggle() }
            }
            rewards.append(best)
            if !hasChanged { break }
        }
        return DemonstrationChoice(choices: choices, rewards: rewards)
    }

    /// What each of `count` clips adds to the reward of all: r(S) − r(S without it). Larger is better.
    public static func leaveOneOut(count: Int, reward: ([Int]) throws -> Double) throws -> (base: Double, contributions: [Double]) {
        guard count > 1 else { throw AlignmentError.invalid(what: "The contributions", reason: "\(count) clip is too few") }
        let base = try reward(Array(0..<count))
        let contributions = try (0..<count).map { left in base - (try reward((0..<count).filter { $0 != left })) }
        guard ([base] + contributions).allSatisfy(\.isFinite) else {
            throw AlignmentError.undefinedSetReward(reward: "distributional", reason: "it is not a finite number")
        }
        return (base, contributions)
    }
}
