import Alignment
import Foundation
import NeuralCore
import TestSupport
import Testing

/// Fails unless |a − b| ≤ relative · |b| + absolute.
func expectNear(
    _ actual: Double, _ expected: Double?, relative: Double = 1e-10, absolute: Double = 1e-12, _ label: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
) {
    guard let expected else { Issue.record("\(label): nothing to compare with", sourceLocation: sourceLocation); return }
    #expect(abs(actual - expected) <= relative * abs(expected) + absolute, "\(label): \(actual) instead of \(expected)", sourceLocation: sourceLocation)
}

func expectNear(
    _ actual: [Double], _ expected: [Double]?, relative: Double = 1e-10, absolute: Double = 1e-12, _ label: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
) {
    guard let expected, actual.count == expected.count else {
        Issue.record("\(label): \(actual.count) values instead of \(expected?.count ?? 0)", sourceLocation: sourceLocation)
        return
    }
    for (index, pair) in zip(actual, expected).enumerated() {
        expectNear(pair.0, pair.1, relative: relative, absolute: absolute, "\(label) \(index)", sourceLocation: sourceLocation)
    }
}

@Suite struct EstimatorParityTests {
    static let sets = Fixture.all(in: "music/estimators")

    private func pairs(_ values: JSONValue) throws -> [PreferencePair] {
        func list(_ key: String) throws -> [Double] { try #require(values[key].doubles) }
        let (pc, pr, rc, rr) = (try list("policy_chosen"), try list("policy_rejected"), try list("ref_chosen"), try list("ref_rejected"))
        let (lc, lr) = (try list("len_chosen"), try list("len_rejected"))
        return pc.indices.map {
            PreferencePair(
                policyChosen: pc[$0], policyRejected: pr[$0], referenceChosen: rc[$0], referenceRejected: rr[$0],
                lengthChosen: Int(lc[$0]), lengthRejected: Int(lr[$0]))
        }
    }

    @Test(arguments: sets)
    func preferenceLosses(_ fixture: Fixture) throws {
        let values = fixture.values["pref"], pairs = try pairs(values)
        let beta = try #require(values["beta"].double)
        for (key, loss) in [
            ("dpo", PreferenceLoss.dpo(beta: beta)), ("cdpo_eps0p1", .conservativeDPO(beta: beta, flips: 0.1)),
            ("robust_dpo_eps0p1", .robustDPO(beta: beta, flips: 0.1)), ("ipo_sum", .ipo(beta: beta)),
            ("ipo_avg", .ipo(beta: beta, perToken: true)), ("hinge", .hinge(beta: beta)), ("simpo_b2_g1", .simPO(beta: 2, margin: 1)),
        ] {
            let result = try loss.evaluate(pairs)
            expectNear(result.loss, values[key]["loss"].double, key)
            expectNear(result.chosen, values[key]["grad_chosen"].doubles, key)
            expectNear(result.rejected, values[key]["grad_rejected"].doubles, key)
        }
        let kto = values["kto_z0_0p5"]
        let loss = KTOLoss(beta: beta, desirableWeight: kto["lambda_D"].double ?? 0, undesirableWeight: kto["lambda_U"].double ?? 0)
        let result = try loss.evaluate(
            desirable: pairs.map(\.ratioChosen), undesirable: pairs.map(\.ratioRejected), reference: kto["z0"].double ?? 0)
        expectNear(result.loss, kto["loss"].double, "kto")
        expectNear(result.desirable, kto["grad_chosen"].doubles, "kto")
        expectNear(result.undesirable, kto["grad_rejected"].doubles, "kto")
    }

    @Test(arguments: sets)
    func preferenceModel(_ fixture: Fixture) throws {
        let values = fixture.values["bradley_terry"]
        let chosen = try #require(values["score_chosen"].doubles), rejected = try #require(values["score_rejected"].doubles)
        for (key, loss) in [
            ("loss", BradleyTerryLoss()), ("loss_smooth0p1", .init(flips: 0.1)), ("margin1", .init(margin: 1)),
            ("center_reg_0p01", .init(centering: 0.01)),
        ] {
            expectNear(try loss.evaluate(chosen: chosen, rejected: rejected).loss, values[key].double, key)
        }
        expectNear(try PreferenceAccuracy(chosen: chosen, rejected: rejected).accuracy, values["accuracy"].double)
    }

    @Test(arguments: sets)
    func divergences(_ fixture: Fixture) throws {
        let values = fixture.values["kl"]
        let policy = try #require(values["log_pi"].doubles), reference = try #require(values["log_ref"].doubles)
        let differences = try #require(values["actions"].ints).map { reference[$0] - policy[$0] }
        expectNear(differences.map(KLEstimate.k1), values["k1"].doubles)
        expectNear(differences.map(KLEstimate.k2), values["k2"].doubles)
        expectNear(differences.map(KLEstimate.k3), values["k3"].doubles)
        // Under the policy's own probabilities k1 and k3 are the divergence.
        let exact = try KLEstimate(policy: policy, reference: reference, weights: policy.map { exp($0) })
        expectNear(exact.k1, values["exact"].double, relative: 1e-9)
        expectNear(exact.k2, values["expect_k2"].double, relative: 1e-9)
        expectNear(exact.k3, values["exact"].double, relative: 1e-9)
    }

    @Test(arguments: sets)
    func advantages(_ fixture: Fixture) throws {
        let values = fixture.values["groups"]
        let groups = try #require(values["rewards"].array).compactMap(\.doubles)
        for (key, rule) in [
            ("rloo", GroupAdvantage.leaveOneOut), ("grpo_ddof1", .normalized()), ("grpo_ddof0", .normalized(unbiased: false)), ("dr_grpo", .centered),
        ] {
            for (index, group) in groups.enumerated() { expectNear(try rule(group), values[key][index].doubles, "\(key) \(index)") }
        }
        let gae = fixture.values["gae"]
        let rewards = try #require(gae["rewards"].doubles), states = try #require(gae["values"].doubles)
        for (key, discount, trace) in [("g1_l095", 1, 0.95), ("g099_l09", 0.99, 0.9), ("g1_l1", 1, 1), ("g1_l0", 1, 0)] {
            let result = try GeneralizedAdvantage(discount: discount, trace: trace)(rewards: rewards, values: states)
            expectNear(result.advantages, gae[key].doubles, key)
            if key == "g1_l095" { expectNear(result.returns, gae["returns_g1_l095"].doubles) }
        }
    }

    @Test(arguments: sets)
    func policyObjective(_ fixture: Fixture) throws {
        let values = fixture.values["ppo"], loss = ProximalPolicyLoss(clip: try #require(values["clip"].double))
        let new = try #require(values["new_logp"].doubles), old = try #require(values["old_logp"].doubles)
        let result = try loss.evaluate(new: new, old: old, advantages: try #require(values["adv"].doubles))
        expectNear(result.losses, values["per_token_loss"].doubles)
        expectNear(result.clippedShare, values["clip_fraction"].double)
        let clip = values["value_clip"]
        expectNear(
            try loss.valueLoss(new: #require(clip["new"].doubles), old: #require(clip["old"].doubles), returns: #require(clip["ret"].doubles)),
            clip["loss"].double)
    }

    @Test(arguments: sets)
    func ensembles(_ fixture: Fixture) throws {
        let values = fixture.values["ensemble"]
        let members = try #require(values["scores_members_x_items"].array).compactMap(\.doubles)
        let items = members[0].indices.map { item in members.map { $0[item] } }
        expectNear(items.map { RewardEnsembleRule.mean($0) }, values["mean"].doubles)
        expectNear(items.map { RewardEnsembleRule.worst($0) }, values["wco"].doubles)
        expectNear(items.map { RewardEnsembleRule.uncertaintyWeighted(lambda: 0.5)($0) }, values["uwo_lambda0p5_var_ddof0"].doubles)
        let par = fixture.values["par"], references = try #require(par["reference_rewards"].array).compactMap(\.doubles)
        let shaped = try zip(#require(par["reward"].doubles), references).map { preferenceAsReward($0, references: $1) }
        expectNear(shaped, par["par_sigmoid_then_mean"].doubles)
    }

    @Test(arguments: sets)
    func bestOfN(_ fixture: Fixture) throws {
        for entry in try #require(fixture.values["best_of_n"].array) {
            let n = try #require(entry["n"].int)
            expectNear(BestOfN.divergence(n), entry["kl"].double)
            expectNear(BestOfN.winRate(n), entry["win_rate"].double)
        }
        let unbiased = fixture.values["bon_unbiased"]
        expectNear(
            try BestOfN.expectedMaximum(of: #require(unbiased["scores"].doubles), n: #require(unbiased["n"].int)),
            unbiased["expected_max"].double)
        let curves = fixture.values["overopt"], distances = try #require(curves["d"].doubles)
        for (key, kind, peak, beta) in [("bon", OveroptimizationCurve.Kind.bestOfN, "peak_bon", 0.11), ("rl", .reinforcement, "peak_rl", 0.4)] {
            let expected = try #require(curves[key].doubles)
            let curve = OveroptimizationCurve(kind, alpha: 1.2, beta: beta)
            expectNear(distances.map(curve.reward), expected, key)
            expectNear(curve.peak, curves[peak].double)
            let fitted = try OveroptimizationCurve(kind, fitting: Array(zip(distances, expected)))
            expectNear([fitted.alpha, fitted.beta], [1.2, beta], relative: 1e-9)
        }
    }

    @Test(arguments: sets)
    func steering(_ fixture: Fixture) throws {
        let values = fixture.values["fk"], strength = try #require(values["lam"].double)
        let rewards = try #require(values["intermediate_rewards_steps_x_particles"].array).compactMap(\.doubles)
        for (key, potential) in [("w_difference", ParticleSteering.Potential.difference), ("w_max", .maximum), ("w_sum", .sum)] {
            for step in rewards.indices {
                let weights = ParticleSteering.weights(potential, rewards: Array(rewards[...step]), strength: strength)
                expectNear(weights, values[key][step].doubles, "\(key) \(step)")
            }
        }
        let last = ParticleSteering.weights(.difference, rewards: [rewards[rewards.count - 1]], strength: strength)
        expectNear(ParticleSteering.effectiveSampleSize(last), values["ess_last"].double)
        let offset = try #require(values["systematic_u"].double)
        #expect(ParticleSteering.systematicResampling(last, offset: offset) == values["systematic_indices"].ints)
    }
}
