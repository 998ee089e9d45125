import NeuralCore
import Training

/// Updates of the weights along the mean loss of units, computed a few clips at a time.
struct PolicyUpdate {
    let scorer: PolicyScorer
    let settings: TuningConfiguration.Optimization

    private struct Part: Sendable {
        var gradients: Gradients
        var sums: UpdateSums
    }

    /// One update. Its gradient is the same for any number of threads.
    ///
    /// - Parameter size: clips in a unit.
    /// - Returns: nil as norm where the gradient was not finite and nothing was changed.
    func update<Objective: TuningObjective>(
        _ state: inout TuningState, _ objective: Objective, on units: [Objective.Unit], size: Int, rate: Float
    ) throws -> (sums: UpdateSums, norm: Float?) {
        let chunk = max(1, settings.clipsAtOnce / size), policy = state.policy
        let parts = parallelMap((units.count + chunk - 1) / chunk) { index in
            Result {
                let own = Array(units[index * chunk..<min((index + 1) * chunk, units.count)])
                var sums = UpdateSums()
                let (_, gradients) = try valueAndGradient(of: policy) { policy in
                    let (loss, found) = try objective.loss(of: policy, on: own, by: scorer)
                    sums = found
                    return loss
                }
                return Part(gradients: gradients.scaled(by: Float(own.count) / Float(units.count)), sums: sums)
            }
        }
        var total: Part?
        for part in try parts.map({ try $0.get() }) {
            total = total.map { Part(gradients: $0.gradients + part.gradients, sums: $0.sums + part.sums) } ?? part
        }
        guard var total else { return (UpdateSums(), 0) }
        let norm = total.gradients.clip(toNorm: settings.gradientNorm)
        guard norm.isFinite, total.sums.loss.isFinite else {
            state.skippedInARow += 1
            if state.skippedInARow >= 5 {
                throw TrainingError.diverged(step: state.round, what: "loss or gradient were not finite five times in a row")
            }
            return (total.sums, nil)
        }
        state.skippedInARow = 0
        state.optimizer.update(&state.policy, along: total.gradients, learningRate: rate)
        return (total.sums, norm)
    }
}
