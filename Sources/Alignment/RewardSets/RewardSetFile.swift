import Foundation
import Yams

/// Reward sets as YAML.
///
/// ```yaml
/// name: studio sound
/// undefined: stop               # or drop: clips without a reward are left out and counted
/// rewards:
///   - reward: clap              # cosine to the prompt
///     encoder: clap-music
///     weight: 2
///   - reward: per-song-fad
///     reference: liked/         # by this file's folder
///     standardize: {mean: -40, deviation: 8}
///     clip: [-3, 3]
///   - ensemble: worst           # or mean, or uncertainty with lambda
///     members:
///       - {reward: loudness, target: -14}
///       - {reward: silence}
/// ```
public enum RewardSetFile {
    private static let maximumSize = 1 << 20, maximumRewards = 100

    /// Reads a file and makes its rewards: encoders are loaded and reference sets encoded.
    ///
    /// - Throws: ``AlignmentError/invalidFile(path:reason:)`` and what making a reward throws.
    public static func read(_ path: String, context: RewardContext) throws -> RewardSet {
        let text = try TextLines.text(path, maximumSize: maximumSize)
        let root: Node
        do {
            guard let node = try Yams.compose(yaml: text) else {
                throw AlignmentError.invalidFile(path: path, reason: "it is empty")
            }
            root = node
        } catch let error as YamlError {
            throw AlignmentError.invalidFile(
                path: path,
                reason: "it is no YAML: \(String(describing: error).split(separator: "\n").joined(separator: " "))")
        }
        let settings = try RewardSettings(root, file: path, place: "the file", context: context)
        let policy = try settings.text("undefined") ?? RewardSet.UndefinedPolicy.stop.rawValue
        guard let undefined = RewardSet.UndefinedPolicy(rawValue: policy) else {
            throw settings.fault("undefined", "must be stop or drop, not \(policy)")
        }
        let name = try settings.label(URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent)
        var count = 0
        let terms = try rewards(settings, key: "rewards", context: context, count: &count)
        try settings.refuseOthers()
        return RewardSet(name: name, terms: terms, undefined: undefined)
    }

    /// A set of one reward by its name.
    ///
    /// - Throws: ``AlignmentError/invalid(what:reason:)`` for an unknown name.
    public static func named(_ names: [String], context: RewardContext) throws -> RewardSet {
        RewardSet(name: names.joined(separator: "+"), terms: try names.map { name in
            guard let definition = RewardCatalogue.all.first(where: { $0.name == name }) else { throw unknown(name) }
            return .init(try definition.make(RewardSettings(named: name, context: context), context))
        })
    }

    private static func unknown(_ name: String) -> AlignmentError {
        .invalid(
            what: "--reward \(name)",
            reason: "there is no such reward. There are: \(RewardCatalogue.names); or name a .yaml file")
    }

    private static func rewards(
        _ settings: RewardSettings, key: String, context: RewardContext, count: inout Int
    ) throws -> [RewardSet.Term] {
        guard case .sequence(let sequence)? = settings.node(key), !sequence.isEmpty else {
            throw settings.fault(key, "must be a list of rewards")
        }
        var terms: [RewardSet.Term] = []
        for (index, node) in sequence.enumerated() {
            count += 1
            guard count <= maximumRewards else { throw settings.fault(key, "holds more than \(maximumRewards) rewards") }
            let place = key == "rewards" ? "reward \(index + 1)" : "member \(index + 1)"
            terms.append(
                try term(RewardSettings(node, file: settings.file, place: place, context: context), context: context,
                count: &count))
        }
        let names = terms.map(\.reward.name)
        if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
            throw settings.fault(key, "has two rewards called \(twice); give each a name")
        }
        return terms
    }

    private static func term(_ settings: RewardSettings, context: RewardContext, count: inout Int) throws -> RewardSet.Term {
        let weight = try settings.number("weight") ?? 1
        let base: any Reward
        if let rule = try settings.text("ensemble") {
            base = try ensemble(rule, settings, context: context, count: &count)
        } else {
            guard let name = try settings.text("reward") else { throw settings.fault("reward", "is missing") }
            guard let definition = RewardCatalogue.all.first(where: { $0.name == name }) else {
                throw settings.fault("reward", "is \(name), which is unknown. There are: \(RewardCatalogue.names)")
            }
            base = try definition.make(settings, context)
        }
        let shaping = try shaping(settings)
        try settings.refuseOthers()
        return .init(shaping == RewardShaping() ? base : ShapedReward(base, shaping: shaping), weight: weight)
    }

    private static func ensemble(
        _ rule: String, _ settings: RewardSettings, context: RewardContext, count: inout Int
    ) throws -> any Reward {
        let lambda = try settings.number("lambda")
        let chosen: RewardEnsembleRule
        switch rule {
        case "mean": chosen = .mean
        case "worst": chosen = .worst
        case "uncertainty": chosen = .uncertaintyWeighted(lambda: lambda ?? 0.5)
        default: throw settings.fault("ensemble", "must be mean, worst or uncertainty, not \(rule)")
        }
        if lambda != nil, rule != "uncertainty" { throw settings.fault("lambda", "belongs to an ensemble by uncertainty") }
        let members = try rewards(settings, key: "members", context: context, count: &count)
        if let set = members.first(where: { $0.reward.kind == .distribution }) {
            throw settings.fault("members", "has \(set.reward.name), which single clips do not have")
        }
        guard members.allSatisfy({ $0.weight == 1 }) else { throw settings.fault("members", "cannot have weights") }
        return EnsembleReward(name: try settings.label("ensemble"), members: members.map(\.reward), rule: chosen)
    }

    private static func shaping(_ settings: RewardSettings) throws -> RewardShaping {
        var shaping = RewardShaping()
        if let standard = try settings.settings("standardize") {
            guard let mean = try standard.number("mean"), let deviation = try standard.number("deviation"), deviation > 0 else {
                throw settings.fault("standardize", "needs a mean and a positive deviation")
            }
            try standard.refuseOthers()
            shaping.standard = .init(mean: mean, deviation: deviation)
        }
        if let references = try settings.numbers("par") {
            guard !references.isEmpty else {
                throw settings.fault("par", "must be rewards of the start policy, one or more")
            }
            shaping.references = references
        }
        if let bounds = try settings.numbers("clip") {
            guard bounds.count == 2, bounds[0] < bounds[1] else {
                throw settings.fault("clip", "must be two numbers, the lower one first")
            }
            shaping.bounds = bounds[0]...bounds[1]
        }
        return shaping
    }
}
