import NeuralCore

/// The gradient of one batch: cut into parts that are computed one after the other (accumulation) and shards of each
/// that are computed side by side, summed in a fixed order.
struct BatchGradient {
    let plan: TrainingPlan

    init(plan: TrainingPlan) { self.plan = plan }

    private struct Part: Sendable {
        var loss: Double
        var gradients: Gradients
    }

    /// Mean loss and gradient over the batch.
    func compute<Task: TrainingTask>(
        _ task: Task, _ network: Task.Network, _ examples: [Task.Example], step: Int
    ) throws -> (loss: Double, Gradients) {
        let (accumulation, shards) = (plan.optimization.accumulation, plan.optimization.shards)
        let size = plan.optimization.batchSize, count = accumulation * shards
        let ranges = (0..<count).map { ($0 * size / count)..<(($0 + 1) * size / count) }
        var loss = 0.0
        var sum: Gradients?
        for micro in 0..<accumulation {
            let parts = (micro * shards..<(micro + 1) * shards).filter { !ranges[$0].isEmpty }
            let results = parallelMap(parts.count) { index in
                Result {
                    let items = ranges[parts[index]]
                    let random = RandomPurpose.diffusion.generator(run: plan.seed, stream: step * count + parts[index])
                    let (value, gradients) = try valueAndGradient(of: network) {
                        try task.loss(of: $0, on: examples[items], items: items, random: random)
                    }
                    let share = Float(items.count) / Float(size)
                    return Part(
                        loss: Double(value.item) * Double(share), gradients: share == 1 ? gradients : gradients.scaled(by: share))
                }
            }
            for part in try results.map({ try $0.get() }) {
                loss += part.loss
                sum = sum.map { $0 + part.gradients } ?? part.gradients
            }
        }
        guard let sum else { preconditionFailure("a batch has at least one example") }
        return (loss, sum)
    }
}
