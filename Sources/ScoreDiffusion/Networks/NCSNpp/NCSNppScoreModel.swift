import NeuralCore

/// NCSN++ with what lies between its output and a score or a clean estimate.
public struct NCSNppScoreModel<Process: SDE>: ScoreNetwork {
    /// How the network's output is read.
    public enum Reading: Sendable, Equatable {
        /// The score with its sign turned, as the published `ncsnpp` models were trained.
        case negatedScore
        /// A score or a clean estimate after preconditioning.
        case preconditioned(Preconditioning, Parametrization)
        /// A denoised state `D`, from which the score is `(D − x_t)/σ²`.
        case denoiser(Preconditioning)
    }

    public var network: NCSNpp
    public let process: Process
    public let reading: Reading

    public init(_ network: NCSNpp, process: Process, reading: Reading) {
        self.network = network
        self.process = process
        self.reading = reading
    }

    public var parametrization: Parametrization {
        switch reading {
        case .negatedScore, .denoiser: .score
        case .preconditioned(_, let parametrization): parametrization
        }
    }

    public var frameMultiple: Int { network.configuration.spatialMultiple }

    public func callAsFunction(_ state: Tensor, noisy: Tensor, times: [Double]) -> Tensor {
        let sigmas = times.map { process.marginal(at: $0).deviation }
        switch reading {
        case .negatedScore:
            return network(state, noisy: noisy, times: times) * -1
        case .preconditioned(let factors, _):
            let output = scaledOutput(state, noisy: noisy, times: times, sigmas: sigmas, factors)
                * perItem(sigmas.map(factors.outputFactor), rank: state.rank)
            guard factors.skip != .zero else { return output }
            return output + state * perItem(sigmas.map(factors.skipFactor), rank: state.rank)
        case .denoiser(let factors):
            let denoised = scaledOutput(state, noisy: noisy, times: times, sigmas: sigmas, factors)
            return (denoised - state) * perItem(sigmas.map { 1 / ($0 * $0) }, rank: state.rank)
        }
    }

    private func scaledOutput(
        _ state: Tensor, noisy: Tensor, times: [Double], sigmas: [Double], _ factors: Preconditioning
    ) -> Tensor {
        let inputs = perItem(sigmas.map(factors.inputFactor), rank: state.rank)
        let scalings = zip(sigmas, times).map { factors.scalingFactor($0, time: $1) }
        return network(state * inputs, noisy: noisy * inputs, times: times) * perItem(scalings, rank: state.rank)
    }

    /// The network is called `dnn`, as in published checkpoints.
    public mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("dnn", &network)
    }
}
