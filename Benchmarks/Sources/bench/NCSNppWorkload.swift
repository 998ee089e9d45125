import NeuralCore
import ScoreDiffusion

/// NCSN++ of the published structure: one call, or one training step (forward, mean squared error, backward, Adam).
struct NCSNppWorkload: Workload {
    var features: Int
    var batch: Int
    var frames: Int
    var backward: Bool
    let bins = 256

    var name: String {
        "NCSN++ \(features) channels, \(backward ? "training step" : "forward"), \(batch)x\(bins)x\(frames)"
    }

    var settings: [String: any Sendable] {
        [
            "task": "ncsnpp", "features": features, "batch": batch, "frames": frames, "bins": bins,
            "backward": backward,
        ]
    }

    func prepare() throws -> () -> Void {
        var rng = Philox(seed: 1)
        var configuration = NCSNppConfiguration.ncsnpp
        configuration.baseChannels = features
        var network = try NCSNpp(configuration, using: &rng)
        let shape = [batch, frames, bins, 2]
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
        NCSNppWorkload(features: 16, batch: 2, frames: 128, backward: true),
        NCSNppWorkload(features: 32, batch: 2, frames: 128, backward: true),
        NCSNppWorkload(features: 32, batch: 1, frames: 256, backward: false),
        // The published network, 65.6 million parameters.
        NCSNppWorkload(features: 128, batch: 1, frames: 256, backward: false),
        NCSNppWorkload(features: 128, batch: 1, frames: 256, backward: true),
    ]
}
