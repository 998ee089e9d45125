import Foundation
import NeuralCore
import Training

/// All that changes while a policy is tuned. Saved and restored, a run goes on as if nothing had happened: its random
/// numbers are functions of seed and round.
struct TuningState {
    var policy: TunedPolicy
    var optimizer: AdamW<TunedPolicy>
    var round = 0
    var beta: Double
    var lastMeasurement = -1
    var bestMerit = -Double.infinity
    /// The best watched reward, and measurements since.
    var bestGold = -Double.infinity
    var worseMeasurements = 0
    var roundsWithoutSignal = 0
    /// The divergence that was found to be above the budget.
    var overBudget: Double?
    var skippedInARow = 0

    init(policy: TunedPolicy, settings: TuningConfiguration) {
        self.policy = policy
        optimizer = AdamW(
            for: policy, learningRate: settings.optimization.learningRate, weightDecay: settings.optimization.weightDecay)
        beta = settings.beta
    }

    func tensors() -> [(String, Tensor)] {
        policy.namedParameters().map { ("policy." + $0.0, $0.1) } + optimizer.state(prefix: "optimizer.")
    }

    var metadata: [String: String] {
        [
            "kind": "tuning-checkpoint", "state.round": "\(round)", "state.optimizerSteps": "\(optimizer.step)",
            "state.beta": "\(beta)", "state.lastMeasurement": "\(lastMeasurement)", "state.bestMerit": "\(bestMerit)",
            "state.bestGold": "\(bestGold)", "state.worseMeasurements": "\(worseMeasurements)",
            "state.roundsWithoutSignal": "\(roundsWithoutSignal)", "state.skippedInARow": "\(skippedInARow)",
            "state.overBudget": "\(overBudget ?? -1)",
        ]
    }

    /// - Throws: `CheckpointError` if the tensors belong to another policy, `TrainingError` if a number is missing.
    mutating func restore(from file: SafeTensorsFile) throws {
        func number<Number: LosslessStringConvertible>(_ name: String) throws -> Number { try file.stateNumber(name) }
        try policy.load(from: file, prefix: "policy.")
        try optimizer.restore(from: file, prefix: "optimizer.", step: number("optimizerSteps"))
        (round, beta) = (try number("round"), try number("beta"))
        (lastMeasurement, bestMerit) = (try number("lastMeasurement"), try number("bestMerit"))
        (bestGold, worseMeasurements) = (try number("bestGold"), try number("worseMeasurements"))
        let divergence: Double = try number("overBudget")
        overBudget = divergence < 0 ? nil : divergence
        (roundsWithoutSignal, skippedInARow) = (try number("roundsWithoutSignal"), try number("skippedInARow"))
    }
}
