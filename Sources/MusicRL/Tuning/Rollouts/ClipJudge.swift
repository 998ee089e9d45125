import Alignment

/// Says how good clips of codes are.
public protocol ClipJudge: Sendable {
    var kind: RewardKind { get }

    /// - Parameters:
    ///   - names: what messages call the clips.
    ///   - isHeldOut: whether rewards that nothing is tuned on, and traits, are wanted too.
    /// - Throws: `AlignmentError` naming the clip that a reward says nothing of, where that is not allowed.
    func judge(_ clips: [CodeSequence], names: [String], isHeldOut: Bool) throws -> Judgement

    /// The reward of each of several parts of equal length of each clip, `[clips][parts]`; nil for clips that are dropped.
    func judgeParts(_ clips: [CodeSequence], names: [String], count: Int) throws -> [[Double]?]
}

/// What is said of clips.
public struct Judgement: Sendable {
    /// One reward.
    public struct Track: Sendable {
        public let name: String
        /// Of each clip, nil for one that is dropped; nil where only sets have it.
        public let clips: [Double?]?
        /// Of the clips at these indices together.
        public let set: @Sendable ([Int]) throws -> Double

        public init(name: String, clips: [Double?]?, set: @escaping @Sendable ([Int]) throws -> Double) {
            (self.name, self.clips, self.set) = (name, clips, set)
        }

        /// A reward that clips have; sets have the mean.
        public init(name: String, clips: [Double?]) {
            self.init(name: name, clips: clips) { members in
                let values = members.compactMap { clips[$0] }
                return values.reduce(0, +) / Double(max(values.count, 1))
            }
        }
    }

    /// What is raised.
    public var trained: Track
    /// What is only watched.
    public var watched: [Track]
    /// Indices of the clips that count.
    public var kept: [Int]
    /// The share of each clip's time that sounds; empty where nobody asked.
    public var soundingShares: [Double]
    /// The effective number of different clips.
    public var diversity: Double?

    public init(
        trained: Track, watched: [Track] = [], kept: [Int], soundingShares: [Double] = [], diversity: Double? = nil
    ) {
        (self.trained, self.watched, self.kept) = (trained, watched, kept)
        (self.soundingShares, self.diversity) = (soundingShares, diversity)
    }

    /// Of some of the clips alone, without what is only watched.
    func selecting(_ indices: [Int]) -> Judgement {
        let set = trained.set, kept = Set(kept)
        let track = Track(name: trained.name, clips: trained.clips.map { clips in indices.map { clips[$0] } }) { members in
            try set(members.map { indices[$0] })
        }
        return Judgement(trained: track, kept: indices.indices.filter { kept.contains(indices[$0]) })
    }

    /// What each clip adds to the reward of the set, in deviations of that over all; nil for clips that do not count.
    func contributions(count: Int) throws -> [Double?] {
        let found = try DemonstrationSets.leaveOneOut(count: kept.count) { members in
            try trained.set(members.map { kept[$0] })
        }.contributions
        let mean = found.reduce(0, +) / Double(found.count)
        let deviation = (found.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(found.count - 1, 1))).squareRoot()
        var contributions = [Double?](repeating: nil, count: count)
        for (place, index) in kept.enumerated() { contributions[index] = deviation > 0 ? (found[place] - mean) / deviation : 0 }
        return contributions
    }
}
