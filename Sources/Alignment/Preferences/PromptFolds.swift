import NeuralCore

/// Answers that are learned from and held out: prompts are on one side whole, so that no recording is on both.
struct PromptFolds {
    /// Indices of answers.
    let training: [Int]
    let heldOut: [Int]
    private let prompts: [Int]

    /// - Parameter prompts: the number of each answer's prompt.
    init(_ prompts: [Int], heldOut share: Double, using rng: inout Philox) throws {
        let groups = Set(prompts).sorted().shuffled(using: &rng)
        guard groups.count > 1, (0..<1).contains(share) else {
            throw AlignmentError.invalid(
                what: "The preferences", reason: "answers for \(groups.count) prompt are too few: one at least is held out")
        }
        let held = Set(groups.prefix(max(1, min(groups.count - 1, Int((Double(groups.count) * share).rounded())))))
        training = prompts.indices.filter { !held.contains(prompts[$0]) }
        heldOut = prompts.indices.filter { held.contains(prompts[$0]) }
        self.prompts = prompts
    }

    private static let penalties = [1.0, 3, 10, 30, 100, 300, 1000, 3000]

    /// The penalty with the least loss on a quarter of the training prompts each, which were not learned from.
    ///
    /// - Parameter loss: of `unseen` answers, summed, by what was learned from `seen` ones.
    func bestPenalty(_ loss: (_ seen: [Int], _ unseen: [Int], _ penalty: Double) throws -> Double) throws -> Double {
        let groups = Array(Set(training.map { prompts[$0] })).sorted(), folds = min(4, groups.count), fallback = 30.0
        guard folds > 1 else { return fallback }
        let place = Dictionary(uniqueKeysWithValues: groups.enumerated().map { ($1, $0 % folds) })
        let losses = try Self.penalties.map { penalty in
            try (0..<folds).reduce(0.0) { sum, fold in
                let seen = training.filter { place[prompts[$0]] != fold }, unseen = training.filter { place[prompts[$0]] == fold }
                return seen.isEmpty || unseen.isEmpty ? sum : sum + (try loss(seen, unseen, penalty))
            }
        }
        return zip(Self.penalties, losses).min { $0.1 < $1.1 }?.0 ?? fallback
    }
}
