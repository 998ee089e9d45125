import NeuralCore

/// A state dict whose parameters have the values of a running average.
///
/// The file keeps the average as a list in the order of the network's parameters, without names. Names and shapes are
/// those of the state dict, so that what is wrong there is told first; an average that does not match it is told when the
/// first number is asked for.
struct AveragedTensors: TensorSource {
    private let state: TorchTensors
    private let averaged: Result<TorchTensors, CheckpointError>

    init(_ state: TorchTensors, average: [TorchTensor]) {
        self.state = state
        averaged = Result { () throws(CheckpointError) in try Self.match(average, to: state) }
    }

    var path: String { state.path }
    var names: [String] { state.names }
    func contains(_ name: String) -> Bool { state.contains(name) }
    func shape(_ name: String) throws -> [Int] { try state.shape(name) }
    func tensor(_ name: String) throws -> Tensor { try averaged.get().tensor(name) }

    /// What is not a parameter and therefore not averaged: statistics and counters of batch normalisation.
    private static func isBuffer(_ name: String) -> Bool {
        ["running_mean", "running_var", "num_batches_tracked"].contains { name.hasSuffix("." + $0) }
    }

    /// Frequencies of the time embedding, which never train and which old averages leave out.
    private static func isFixed(_ name: String) -> Bool { name.hasSuffix("all_modules.0.W") || name.hasSuffix("embed.0.W") }

    private static func match(_ average: [TorchTensor], to state: TorchTensors) throws(CheckpointError) -> TorchTensors {
        let isWrapped = state.names.contains { $0.contains("dnn.") }
        let network = state.names.filter { (!isWrapped || $0.contains("dnn.")) && !isBuffer($0) }
        let names = average.count == network.count ? network : network.filter { !isFixed($0) }
        guard average.count == names.count else {
            throw .mismatch(
                path: state.path,
                faults: ["its average has \(average.count) tensors, and its network \(network.count) parameters"])
        }
        var faults: [String] = []
        for (index, (name, tensor)) in zip(names, average).enumerated() {
            let shape = (try? state.shape(name)) ?? []
            if tensor.shape != shape { faults.append("tensor \(index) of its average is \(tensor.shape), and \(name) is \(shape)") }
        }
        guard faults.isEmpty else { throw .mismatch(path: state.path, faults: faults) }
        return state.replacing(Dictionary(zip(names, average)) { first, _ in first })
    }
}
