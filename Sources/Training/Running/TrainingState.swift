import Foundation
import NeuralCore

/// All that changes while a network trains. Saved and restored, a run goes on as if nothing had happened.
struct TrainingState<Network: Layer> {
    var network: Network
    /// The running average of the weights, which is evaluated and exported.
    var average: ExponentialMovingAverage<Network>
    var optimizer: any Optimizer<Network>
    /// Updates made so far.
    var step = 0
    /// The step of the last validation, and what the best one gave.
    var lastValidation = 0
    var bestMerit = -Double.infinity
    /// Updates left out in a row because the gradient was not finite.
    var skippedInARow = 0

    init(network: Network, settings: OptimizationSettings) {
        self.network = network
        average = ExponentialMovingAverage(of: network, decay: settings.averageDecay)
        optimizer = settings.optimizer(for: network)
    }
}

extension TrainingState {
    var averagedNetwork: Network { average.model }

    /// Everything but numbers: weights, their average, what the optimiser keeps.
    func tensors() -> [(String, Tensor)] {
        network.namedParameters().map { ("network." + $0.0, $0.1) } + average.state(prefix: "average.")
            + optimizer.state(prefix: "optimizer.")
    }

    /// The numbers. Floating-point ones are written so that they read back the same.
    var metadata: [String: String] {
        [
            "kind": "training-checkpoint",
            "state.step": "\(step)",
            "state.optimizerSteps": "\(optimizer.step)",
            "state.averageUpdates": "\(average.updates)",
            "state.lastValidation": "\(lastValidation)",
            "state.bestMerit": "\(bestMerit)",
            "state.skippedInARow": "\(skippedInARow)",
        ]
    }

    /// Takes back what ``tensors()`` and ``metadata`` gave.
    ///
    /// - Throws: `CheckpointError` if the tensors belong to another network, ``TrainingError`` if a number is missing.
    mutating func restore(from file: SafeTensorsFile) throws {
        func number<Number: LosslessStringConvertible>(_ name: String) throws -> Number { try file.stateNumber(name) }
        try network.load(from: file, prefix: "network.")
        try average.restore(from: file, prefix: "average.", updates: number("averageUpdates"))
        try optimizer.restore(from: file, prefix: "optimizer.", step: number("optimizerSteps"))
        step = try number("step")
        lastValidation = try number("lastValidation")
        bestMerit = try number("bestMerit")
        skippedInARow = try number("skippedInARow")
    }
}

extension SafeTensorsFile {
    /// A number that a checkpoint's metadata holds under `state.`.
    ///
    /// - Throws: ``TrainingError/damagedCheckpoint(path:reason:)`` where there is none.
    package func stateNumber<Number: LosslessStringConvertible>(_ name: String) throws -> Number {
        guard let text = metadata["state." + name], let value = Number(text) else {
            throw TrainingError.damagedCheckpoint(path: path, reason: "it lacks \(name)")
        }
        return value
    }
}
