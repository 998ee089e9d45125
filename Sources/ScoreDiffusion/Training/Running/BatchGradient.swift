import Foundation
import NeuralCore
import Training

/// The gradient of one batch: cut into parts that are computed one after the other (accumulation) and shards of each
/// that are computed side by side, summed in a fixed order.
struct BatchGradient {
    let plan: TrainingPlan
    /// Samples in an example.
    let length: Int

    private struct Part: Sendable {
        var loss: Double
        var gradients: Gradients
    }

    /// Mean loss and gradient over the batch.
    func compute<Objective: EnhancementObjective>(
        _ objective: Objective, _ network: Objective.Network, _ waveforms: BatchPrefetcher.Waveforms, step: Int
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
                    let batch = self.batch(waveforms, items: items, stream: step * count + parts[index])
                    let (value, gradients) = try valueAndGradient(of: network) { try objective.loss(of: $0, on: batch) }
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

    private func batch(_ waveforms: BatchPrefetcher.Waveforms, items: Range<Int>, stream: Int) -> TrainingBatch {
        let samples = (items.lowerBound * length)..<(items.upperBound * length)
        var random = RandomPurpose.diffusion.generator(run: plan.seed, stream: stream)
        let times = items.map { plan.optimization.time(ofItem: $0, using: &random) }
        return TrainingBatch(
            noisy: Tensor([Float](waveforms.noisy[samples]), shape: [items.count, length]),
            clean: Tensor([Float](waveforms.clean[samples]), shape: [items.count, length]),
            times: Tensor(times, shape: [items.count]), random: random)
    }
}

extension OptimizationSettings {
    /// Every so many items of a batch have time 1, as ``endTimeShare`` says; the others are uniform.
    func time(ofItem item: Int, using random: inout Philox) -> Float {
        let drawn = random.uniform(in: Interval(minimumTime, 1))
        let isEnd = (Float(item + 1) * endTimeShare).rounded(.down) > (Float(item) * endTimeShare).rounded(.down)
        return isEnd ? 1 : drawn
    }

    /// Linear warm-up, then half a cosine down to the final rate at the last step.
    func rate(at step: Int) -> Float {
        if step < warmUpSteps { return learningRate * Float(step + 1) / Float(warmUpSteps) }
        let progress = Double(step - warmUpSteps) / Double(max(1, steps - 1 - warmUpSteps))
        let fall = 0.5 * (1 + cos(Double.pi * min(1, progress)))
        return finalLearningRate + (learningRate - finalLearningRate) * Float(fall)
    }
}
