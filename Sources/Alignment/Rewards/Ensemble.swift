/// How the opinions of several reward models become one.
///
/// T. Coste et al., "Reward model ensembles help mitigate overoptimization", 2023.
public enum RewardEnsembleRule: Sendable, Equatable {
    case mean
    /// The least (WCO).
    case worst
    /// The mean less λ times the members' variance (UWO).
    case uncertaintyWeighted(lambda: Double)

    /// - Parameter members: what each member says of one clip; at least one.
    public func callAsFunction(_ members: [Double]) -> Double {
        let count = Double(members.count), mean = members.reduce(0, +) / count
        switch self {
        case .mean: return mean
        case .worst: return members.min() ?? mean
        case .uncertaintyWeighted(let lambda):
            return mean - lambda * members.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
        }
    }
}

/// The chance, by the reward itself, that a clip beats one of the start policy: mean over references of σ(r − r_ref).
///
/// Bounded, steepest where the reward is that of the start, flat where a reward model is no longer to be believed.
/// J. Fu et al., "Reward shaping to mitigate reward hacking in RLHF", 2025.
public func preferenceAsReward(_ reward: Double, references: [Double]) -> Double {
    precondition(!references.isEmpty, "there are no references")
    return references.reduce(0) { $0 + sigmoid(reward - $1) } / Double(references.count)
}
