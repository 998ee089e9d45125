import Alignment
import Foundation
import NeuralCore
import Training

extension TuningRunner {
    /// One round: clips, rewards, updates.
    mutating func round(_ limits: TrainingLimits) throws -> TuningRound {
        settings.method.isOffline ? try offlineRound(limits) : try onPolicyRound(limits)
    }

    // MARK: The policy's own clips

    private mutating func onPolicyRound(_ limits: TrainingLimits) throws -> TuningRound {
        guard let judge = material.judge else {
            throw TuningError.unsuitable(method: settings.method.rawValue, reason: "it needs rewards")
        }
        let round = state.round, prompts = roundPrompts
        let requests = prompts.enumerated().flatMap { place, prompt in
            (0..<settings.samples).map { sample in
                RolloutGenerator.Request(prompt: prompt, seed: seed(place * settings.samples + sample))
            }
        }
        let decoder = state.policy.decoder, policy = state.policy
        let generated = try generator.generate(requests, by: decoder) { try checked($0, "round \(round + 1): clips", limits) }
        let allNames = requests.indices.map { index in
            "round \(round + 1), prompt \"\(material.prompts[requests[index].prompt].prefix(40))\", clip \(index % settings.samples + 1)"
        }
        report(.progress("round \(round + 1): rewards", 0))
        let all = try judge.judge(generated, names: allNames, isHeldOut: false)
        if limits.shouldStop() { throw CancellationError() }
        report(.progress("round \(round + 1): updates", 0))
        var entry = TuningRound(step: round + 1, learningRate: settings.rate(at: round))
        entry.reward = try all.trained.set(all.kept)
        if generated.count > all.kept.count { entry.dropped = generated.count - all.kept.count }
        var random = RandomPurpose.voices.generator(run: settings.seed, stream: state.round)
        let learned = try LearnedClips(of: generated, names: allNames, all, judge: judge, settings: settings, using: &random)
        let (groups, names, judgement) = (learned.groups, learned.names, learned.judgement)
        let (clips, own) = scorer.drawn(learned.clips, by: decoder) { policy.values($0) }
        let base = scorer.scores(clips, by: policy.start)
        let rollouts = clips.indices.map { index in
            Rollout(
                clip: clips[index], reference: base[index].logarithms, drawn: own[index].logarithms, values: own[index].values)
        }
        // What was drawn for another prompt is no sample of the policy.
        let sampled = clips.indices.filter { !clips[$0].isBorrowed }, count = Double(max(sampled.count, 1))
        entry.divergence = sampled.isEmpty ? nil : sampled.reduce(0) { $0 + own[$1].divergence(from: base[$1].logarithms) } / count
        entry.entropy = sampled.isEmpty ? nil : sampled.reduce(0) { $0 + own[$1].entropy } / count
        if settings.method == .dragon {
            if settings.dragon.segments > 1 {
                try learnFromParts(groups, rollouts, names: names, judge: judge, into: &entry)
            } else {
                try learnFromSets(groups, rollouts, judgement, into: &entry)
            }
        } else {
            try learnFromAdvantages(groups, rollouts, judgement, names: names, judge: judge, into: &entry)
        }
        state.roundsWithoutSignal = entry.withoutSignal == 1 ? state.roundsWithoutSignal + 1 : 0
        return entry
    }

    private mutating func learnFromSets(
        _ groups: [[Int]], _ rollouts: [Rollout], _ judgement: Judgement, into entry: inout TuningRound
    ) throws {
        let choices = try DragonUnits(settings: settings.dragon, scale: scale.deviation).choices(groups, judgement)
            // Swaps may turn a borrowed clip away; a prompt that hardly draws it need not learn that.
            .filter { judgement.trained.clips != nil || !rollouts[$0.unwanted].clip.isBorrowed }
        entry.withoutSignal = if let rewards = judgement.trained.clips {
            GroupAdvantage.shareWithoutSignal(groups.filter { $0.count > 1 }.map { $0.compactMap { rewards[$0] } })
        } else {
            choices.isEmpty ? 1 : 0
        }
        if choices.isEmpty { return }
        if settings.dragon.loss == .kto {
            let units = choices.flatMap { choice in
                [(choice.wanted, true), (choice.unwanted, false)].map { index, isDesirable in
                    LabelledClip(clip: rollouts[index].clip, reference: rollouts[index].reference, isDesirable: isDesirable)
                }
            }
            return try learnLabels(units, into: &entry)
        }
        let units = choices.map { choice in
            PreferredPair(
                chosen: rollouts[choice.wanted].clip, rejected: rollouts[choice.unwanted].clip,
                referenceChosen: rollouts[choice.wanted].reference, referenceRejected: rollouts[choice.unwanted].reference,
                certainty: choice.certainty)
        }
        let loss: PreferenceLoss = settings.dragon.loss == .ipo ? .ipo(beta: settings.beta) : .dpo(beta: settings.beta)
        try learn(
            units, size: 2, into: &entry,
            objective: PairObjective(loss: loss, beta: settings.beta, chosenWeight: settings.preferences.likelihood))
    }

    private mutating func learnFromParts(
        _ groups: [[Int]], _ rollouts: [Rollout], names: [String], judge: any ClipJudge, into entry: inout TuningRound
    ) throws {
        let count = settings.dragon.segments
        let rewards = try judge.judgeParts(rollouts.map(\.clip), names: names, count: count)
        let units = DragonUnits(settings: settings.dragon, scale: scale.deviation)
            .pairsOfParts(groups, rollouts, rewards.map { $0.map { $0.map { $0 / Double(count) } } })
        let pairs = groups.reduce(0) { $0 + $1.count / 2 }
        entry.withoutSignal = pairs > 0 ? 1 - Double(units.count) / Double(pairs) : 1
        if units.isEmpty { return }
        try learn(units, size: 2, into: &entry, objective: SegmentPairObjective(beta: settings.beta))
    }

    private mutating func learnFromAdvantages(
        _ groups: [[Int]], _ rollouts: [Rollout], _ judgement: Judgement, names: [String], judge: any ClipJudge,
        into entry: inout TuningRound
    ) throws {
        let parts = settings.gradient.segments
        var rewards: [[Double]]
        if parts > 1 {
            rewards = try judge.judgeParts(rollouts.map(\.clip), names: names, count: parts).map { $0 ?? [] }
        } else if let clips = judgement.trained.clips {
            rewards = clips.map { $0.map { [$0] } ?? [] }
        } else {
            rewards = try judgement.contributions(count: rollouts.count).map { $0.map { [$0] } ?? [] }
        }
        let groups = groups.map { $0.filter { rewards[$0].count == parts } }
        let totals = groups.map { $0.map { rewards[$0].reduce(0, +) } }
        entry.withoutSignal = settings.method == .ppo && settings.samples == 1
            ? nil : GroupAdvantage.shareWithoutSignal(totals.filter { $0.count > 1 })
        if settings.gradient.standardizes {
            rewards = rewards.map { $0.map { ($0 - scale.mean) / scale.deviation } }
        }
        var random = RandomPurpose.voices.generator(run: settings.seed, stream: state.round)
        let rule = AdvantageUnits(
            method: settings.method, settings: settings.gradient, beta: state.beta, pattern: scorer.pattern)
        let units = try rule.units(groups, rollouts: rollouts, rewards: rewards, using: &random)
        if settings.gradient.targetDivergence > 0 {
            var adaptive = AdaptiveKL(
                beta: max(state.beta, 1e-6), target: settings.gradient.targetDivergence, horizon: Double(10 * rollouts.count))
            adaptive.update(divergence: entry.divergence ?? 0, count: rollouts.count)
            state.beta = adaptive.beta
        }
        entry.beta = state.beta
        guard !units.isEmpty, units.contains(where: { $0.advantages.contains { $0 != 0 } }) else { return }
        let bound = settings.gradient.clip
        try learn(
            units, size: 1, into: &entry,
            objective: PolicyGradientObjective(clip: bound > 0 ? bound : nil, valueWeight: settings.gradient.valueWeight))
    }

    /// The prompts of this round: all of them in turns, in an order that is drawn anew each time.
    private var roundPrompts: [Int] {
        let count = settings.prompts, all = material.training
        return (0..<count).map { place in
            let index = state.round * count + place
            return order(of: all.count, time: index / all.count)[index % all.count]
        }.map { all[$0] }
    }

    private func order(of count: Int, time: Int) -> [Int] {
        var random = RandomPurpose.examples.generator(run: settings.seed, stream: time)
        return Array(0..<count).shuffled(using: &random)
    }

    private func seed(_ index: Int) -> UInt64 {
        var random = RandomPurpose.diffusion.generator(run: settings.seed, stream: state.round << 24 | index)
        return random.next()
    }

    // MARK: Preferences of a file

    private mutating func offlineRound(_ limits: TrainingLimits) throws -> TuningRound {
        guard let set = material.preferences else {
            throw TuningError.unsuitable(method: settings.method.rawValue, reason: "it needs a file of preferences")
        }
        var entry = TuningRound(step: state.round + 1, learningRate: settings.rate(at: state.round))
        try checked(0, "round \(state.round + 1): updates", limits)
        let start = state.policy.start
        if settings.method.usesLabels {
            let labels = set.allLabels, own = drawn(from: labels.count).map { labels[$0] }
            let base = scorer.scores(own.map(\.clip), by: start)
            try learnLabels(
                zip(own, base).map { LabelledClip(clip: $0.clip, reference: $1.logarithms, isDesirable: $0.isDesirable) },
                into: &entry)
        } else {
            let own = drawn(from: set.choices.count).map { set.choices[$0] }
            let base = scorer.scores(own.map(\.chosen) + own.map(\.rejected), by: start)
            let units = own.indices.map { index in
                PreferredPair(
                    chosen: own[index].chosen, rejected: own[index].rejected, referenceChosen: base[index].logarithms,
                    referenceRejected: base[own.count + index].logarithms, margin: own[index].margin)
            }
            try learn(
                units, size: 2, into: &entry,
                objective: PairObjective(loss: offlineLoss, beta: settings.beta, chosenWeight: settings.preferences.likelihood))
        }
        if let fall = entry.chosenChange, fall < -settings.preferences.warningFall {
            report(.note(String(
                format: "Chosen clips have lost %.1f nats against the start, though they win: raise preferences.likelihood, or stop.", -fall)))
        }
        return entry
    }

    private var offlineLoss: PreferenceLoss {
        let beta = settings.beta, flips = settings.preferences.flips
        return switch settings.method {
        case .ipo: .ipo(beta: beta)
        case .cdpo: .conservativeDPO(beta: beta, flips: flips)
        case .robustDPO: .robustDPO(beta: beta, flips: flips)
        case .simpo: .simPO(beta: beta, margin: 0.5)
        default: .dpo(beta: beta)
        }
    }

    /// The next items of `count`, all in turns, in an order that is drawn anew each time.
    private func drawn(from count: Int) -> [Int] {
        (0..<settings.prompts).map { place in
            let index = state.round * settings.prompts + place
            return order(of: count, time: index / count)[index % count]
        }
    }

    // MARK: Updates

    private mutating func learnLabels(_ units: [LabelledClip], into entry: inout TuningRound) throws {
        let good = units.count { $0.isDesirable }
        let weights = KTOLoss.suggestedWeights(desirable: good, undesirable: units.count - good)
        let loss = KTOLoss(beta: settings.beta, desirableWeight: weights.desirable, undesirableWeight: weights.undesirable)
        let start = state.policy.start, scorer = scorer
        try learn(units, size: 1, into: &entry) { units, policy in
            LabelObjective(
                loss: loss, divergence: LabelObjective.divergence(units, policy: policy.decoder, start: start, by: scorer))
        }
    }

    private mutating func learn<Objective: TuningObjective>(
        _ units: [Objective.Unit], size: Int, into entry: inout TuningRound, objective: Objective
    ) throws {
        try learn(units, size: size, into: &entry) { _, _ in objective }
    }

    /// Goes through the units, in an order of its own each time, and updates on parts of them.
    private mutating func learn<Objective: TuningObjective>(
        _ units: [Objective.Unit], size: Int, into entry: inout TuningRound,
        objective: ([Objective.Unit], TunedPolicy) -> Objective
    ) throws {
        let rules = settings.optimization, update = PolicyUpdate(scorer: scorer, settings: rules)
        var sums = UpdateSums(), norms: [Float] = [], skipped = 0
        for epoch in 0..<rules.epochs {
            var random = RandomPurpose.split.generator(run: settings.seed, stream: state.round << 8 | epoch)
            let order = Array(units.indices).shuffled(using: &random), parts = min(rules.updates, units.count)
            for part in 0..<parts {
                let own = order[part * units.count / parts..<(part + 1) * units.count / parts].map { units[$0] }
                let result = try update.update(
                    &state, objective(own, state.policy), on: own, size: size, rate: entry.learningRate)
                sums = sums + result.sums
                if let norm = result.norm { norms.append(norm) } else { skipped += 1 }
            }
        }
        entry.loss = sums.meanLoss.isFinite ? sums.meanLoss : nil
        entry.gradientNorm = norms.isEmpty ? nil : norms.reduce(0, +) / Float(norms.count)
        entry.skipped = skipped > 0 ? skipped : nil
        (entry.chosenChange, entry.rejectedChange) = (sums.mean("chosenChange"), sums.mean("rejectedChange"))
        (entry.accuracy, entry.clipped) = (sums.mean("accuracy"), settings.gradient.clip > 0 ? sums.mean("clipped") : nil)
        entry.valueError = sums.mean("valueError")
    }
}
