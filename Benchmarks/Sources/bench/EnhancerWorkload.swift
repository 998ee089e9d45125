import NeuralCore
import ScoreDiffusion

/// The default network: one call, or one training step (forward, mean squared error, backward, Adam).
struct EnhancerWorkload: Workload {
    var batch: Int
    var frames: Int
    var bins: Int = 257
    var backward: Bool

    var name: String { "default network, \(backward ? "training step" : "forward"), \(batch)x\(frames)x\(bins)" }

    var settings: [String: any Sendable] {
        ["task": "enhancer", "batch": batch, "frames": frames, "bins": bins, "backward": backward]
    }

    func prepare() -> () -> Void {
        var rng = Philox(seed: 1)
        let shape = [batch, frames, bins, 2]
        var network = EnhancerNetwork(using: &rng)
        let state = Tensor.gaussian(shape, using: &rng), noisy = Tensor.gaussian(shape, using: &rng)
        let target = Tensor.gaussian(shape, using: &rng)
        let times = (0..<batch).map { (Double($0) + 0.5) / Double(batch) }
        guard backward else { return { [network] in _ = network(state, noisy: noisy, times: times) } }
        var optimizer = AdamW(for: network, learningRate: 1e-4)
        return {
            let (_, gradients) = valueAndGradient(of: network) { network in
                square(network(state, noisy: noisy, times: times) - target).mean()
            }
            optimizer.update(&network, along: gradients)
        }
    }

    static let all = [
        EnhancerWorkload(batch: 8, frames: 250, backward: true), EnhancerWorkload(batch: 1, frames: 250, backward: false),
    ]
}
