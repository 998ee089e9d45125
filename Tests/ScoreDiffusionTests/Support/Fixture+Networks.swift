import NeuralCore
import TestSupport

@testable import ScoreDiffusion

extension Fixture {
    /// The network that `settings` describe, with the weights in `file`.
    func network(_ settings: JSONValue, weights file: String = "model.safetensors") throws -> NCSNpp {
        var rng = Philox(seed: 1)
        var network = try NCSNpp(NCSNppConfiguration(reference: settings), using: &rng)
        try network.load(from: SafeTensorsFile(path: path(of: file)), prefix: "dnn.")
        return network
    }

    /// The same as the reference's score model makes of it.
    func scoreModel<Process: SDE>(
        _ process: Process, settings: JSONValue, weights file: String = "model.safetensors"
    ) throws -> NCSNppScoreModel<Process> {
        NCSNppScoreModel(try network(settings, weights: file), process: process, reading: .negatedScore)
    }
}
