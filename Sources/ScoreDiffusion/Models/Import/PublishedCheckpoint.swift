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
    /// The weights that count, the network's under names that begin with `dnn.`, and everything else that the file has.
    let tensors: any TensorSource

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
            hyperParameters = checkpoint.root["hyper_parameters"].json().object ?? JSONObject()
            let ema = checkpoint.root["ema"]
            if let list = ema["shadow_params"].elements, !list.isEmpty {
                tensors = Self.canonical(AveragedTensors(stored, average: list.compactMap(\.tensor)))
                weights = .averaged(decay: ema["decay"].double, updates: ema["num_updates"].int)
            } else {
                (tensors, weights) = (Self.canonical(stored), .last)
            }
        } else {
            let file = try SafeTensorsFile(path: path)
            (tensors, weights) = (Self.canonical(file), .last)
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
