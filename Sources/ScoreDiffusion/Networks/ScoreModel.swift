import NeuralCore

/// A backbone with what lies between its output and a score or a clean estimate.
///
/// ```swift
/// let model = ScoreModel(network, process: OUVESDE(), reading: .negatedScore)
/// let score = model(state, noisy: noisy, times: [0.5])               // [1, frames, bins, 2]
/// ```
public struct ScoreModel<Network: Backbone, Process: SDE>: ScoreNetwork {
    /// How the network's output is read.
    public enum Reading: Sendable, Equatable {
        /// The score with its sign turned, as the published `ncsnpp`, `ncsnpp_48k` and `dcunet` models were trained.
        case negatedScore
        /// The clean estimate with its sign turned, as the same backbones say it when trained for data prediction.
        case negatedEstimate
        /// A score or a clean estimate after preconditioning.
        case preconditioned(Preconditioning, Parametrization)
        /// A denoised state `D`, from which the score is `(D − x_t)/σ²`.
        case denoiser(Preconditioning)
    }

    public var network: Network
    public let process: Process
    public let reading: Reading

    public init(_ network: Network, process: Process, reading: Reading) {
        self.network = network
        self.process = process
        self.reading = reading
    }

    public var parametrization: Parametrization {
        switch reading {
        case .negatedScore, .denoiser: .score
        case .negatedEstimate: .cleanEstimate
        case .preconditioned(_, let parametrization): parametrization
        }
    }

    public var frameMultiple: Int { network.frameMultiple }

    public func callAsFunction(_ state: Tensor, noisy: Tensor, times: [Double]) -> Tensor {
        read(state, noisy: noisy, times: times) { network($0, noisy: $1, times: times) }
    }

    public mutating func trained(on state: Tensor, noisy: Tensor, times: [Double], using rng: inout Philox) -> Tensor {
        read(state, noisy: noisy, times: times) { network.trained(on: $0, noisy: $1, times: times, using: &rng) }
    }

    /// What `evaluate`, the bare network, says of a state and a noisy spectrum, put through `reading`.
    private func read(
        _ state: Tensor, noisy: Tensor, times: [Double], evaluate: (_ state: Tensor, _ noisy: Tensor) -> Tensor
    ) -> Tensor {
        let sigmas = times.map { process.marginal(at: $0).deviation }
        func scaledOutput(_ factors: Preconditioning) -> Tensor {
            let inputs = perItem(sigmas.map(factors.inputFactor), rank: state.rank)
            let scalings = zip(sigmas, times).map { factors.scalingFactor($0, time: $1) }
            return evaluate(state * inputs, noisy * inputs) * perItem(scalings, rank: state.rank)
        }
        switch reading {
        case .negatedScore, .negatedEstimate:
            return evaluate(state, noisy) * -1
        case .preconditioned(let factors, _):
            let output = scaledOutput(factors) * perItem(sigmas.map(factors.outputFactor), rank: state.rank)
            guard factors.skip != .zero else { return output }
            return output + state * perItem(sigmas.map(factors.skipFactor), rank: state.rank)
        case .denoiser(let factors):
            return (scaledOutput(factors) - state) * perItem(sigmas.map { 1 / ($0 * $0) }, rank: state.rank)
        }
    }

    /// The network is called `dnn`, as in published checkpoints.
    public mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("dnn", &network)
    }
}
