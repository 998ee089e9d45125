import Foundation
import NeuralCore

/// A file of weights that another program wrote, with the settings it carries.
public struct PublishedCheckpoint: Sendable {
    /// Which weights a checkpoint's network gets.
    public enum Weights: Sendable, Equatable {
        /// The running average that training kept, which is what is evaluated.
        case averaged(decay: Double?, updates: Int?)
        /// The weights of the last training step; the file has no average.
        case last

        /// In a few words.
        public var description: String {
            switch self {
            case .averaged(let decay, let updates):
                "averaged over training" + (decay.map { " (decay \($0)" + (updates.map { ", \($0) updates" } ?? "") + ")" } ?? "")
            case .last: "of the last training step, no average in the file"
            }
        }
    }

    public let path: String
    /// The hyper-parameters of training; empty in bare state dicts.
    public let hyperParameters: JSONObject
    public let weights: Weights
    /// The weights of the last step under names that begin with `dnn.`, with everything else that the file has.
    let state: any TensorSource
    /// The weights that count; the same as `state` without an average.
    let best: any TensorSource

    /// Reads `.ckpt`, `.pt`, `.pth`, `.bin` (whatever the name, by content) and `.safetensors`.
    ///
    /// - Throws: `CheckpointError`.
    public init(path: String) throws {
        self.path = path
        if TorchCheckpoint.isCandidate(path: path) {
            let checkpoint = try TorchCheckpoint(path: path)
            let stored = try checkpoint.tensors(Self.stateDictionary(of: checkpoint.root))
            guard !stored.names.isEmpty else {
                throw CheckpointError.notACheckpoint(path: path, reason: "it holds no named tensors")
            }
            state = Self.canonical(stored)
            hyperParameters = checkpoint.root["hyper_parameters"].json().object ?? JSONObject()
            if let average = try Self.average(in: checkpoint, for: stored) {
                best = Self.canonical(average.tensors)
                weights = average.weights
            } else {
                (best, weights) = (state, .last)
            }
        } else {
            let file = try SafeTensorsFile(path: path)
            state = Self.canonical(file)
            best = state
            weights = .last
            let text = file.metadata["hyper_parameters"].flatMap { try? JSONValue(parsing: $0) }
            hyperParameters = text?.object ?? JSONObject()
        }
    }

    /// The dictionary of the network's tensors: under the name that Lightning uses, under a common one, or all.
    private static func stateDictionary(of root: PickleValue) -> PickleValue {
        for name in ["state_dict", "model_state_dict", "model", "params"] where root[name].members != nil { return root[name] }
        return root
    }

    /// Parts of a checkpoint that belong to training alone.
    private static let ignored = ["pesq_loss."]

    /// Names as the score model has them: without wrappers' prefixes, the network under `dnn.`.
    private static func canonical(_ source: some TensorSource) -> RenamedTensors {
        func bare(_ name: String) -> String {
            for prefix in ["module.", "_orig_mod."] where name.hasPrefix(prefix) { return bare(String(name.dropFirst(prefix.count))) }
            return name
        }
        let isWrapped = source.names.contains { bare($0).hasPrefix("dnn.") }
        return RenamedTensors(source) { name in
            let name = bare(name)
            guard !ignored.contains(where: { name.hasPrefix($0) }) else { return nil }
            return isWrapped ? name : "dnn." + name
        }
    }
}

// MARK: The average

extension PublishedCheckpoint {
    /// What is not a parameter and therefore not averaged: statistics and counters of batch normalisation.
    private static func isBuffer(_ name: String) -> Bool {
        ["running_mean", "running_var", "num_batches_tracked"].contains { name.hasSuffix("." + $0) }
    }

    /// Frequencies of the time embedding, which never train and which old averages leave out.
    private static func isFixed(_ name: String) -> Bool { name.hasSuffix("all_modules.0.W") || name.hasSuffix("embed.0.W") }

    /// The averaged tensors. The file keeps them as a list in the order of the network's parameters, without names.
    private static func average(
        in checkpoint: TorchCheckpoint, for state: TorchTensors
    ) throws -> (tensors: TorchTensors, weights: Weights)? {
        let ema = checkpoint.root["ema"]
        guard let list = ema["shadow_params"].elements, !list.isEmpty else { return nil }
        let shadow = list.compactMap(\.tensor)
        let network = state.names.filter { $0.contains("dnn.") && !isBuffer($0) }
        let names = shadow.count == network.count ? network : network.filter { !isFixed($0) }
        guard shadow.count == list.count, shadow.count == names.count else {
            throw CheckpointError.mismatch(
                path: checkpoint.path,
                faults: ["its average has \(list.count) tensors, and its network \(network.count) parameters"])
        }
        var faults: [String] = []
        for (index, (name, tensor)) in zip(names, shadow).enumerated() {
            let shape = try state.shape(name)
            if tensor.shape != shape { faults.append("tensor \(index) of its average is \(tensor.shape), and \(name) is \(shape)") }
        }
        guard faults.isEmpty else { throw CheckpointError.mismatch(path: checkpoint.path, faults: faults) }
        let weights = Weights.averaged(decay: ema["decay"].double, updates: ema["num_updates"].int)
        return (state.replacing(Dictionary(zip(names, shadow)) { first, _ in first }), weights)
    }
}
