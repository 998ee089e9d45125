import Foundation
import ModelLibrary
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
    public init(path: String) throws { self.init(try StateDictionary(path: path)) }

    public init(_ file: StateDictionary) {
        path = file.path
        switch file.content {
        case .torch(let stored, let root):
            hyperParameters = root["hyper_parameters"].json().object ?? JSONObject()
            let ema = root["ema"]
            if let list = ema["shadow_params"].elements, !list.isEmpty {
                tensors = Self.canonical(AveragedTensors(stored, average: list.compactMap(\.tensor)))
                weights = .averaged(decay: ema["decay"].double, updates: ema["num_updates"].int)
            } else {
                (tensors, weights) = (Self.canonical(stored), .last)
            }
        case .safeTensors(let file):
            (tensors, weights) = (Self.canonical(file), .last)
            let text = file.metadata["hyper_parameters"].flatMap { try? JSONValue(parsing: $0) }
            hyperParameters = text?.object ?? JSONObject()
        }
    }

    /// Parts of a checkpoint that belong to training alone.
    private static let ignored = ["pesq_loss."]

    /// Names as the score model has them: without wrappers' prefixes, the network under `dnn.`.
    private static func canonical(_ source: some TensorSource) -> RenamedTensors {
        let isWrapped = source.names.contains { StateDictionary.bare($0).hasPrefix("dnn.") }
        return RenamedTensors(source) { name in
            let name = StateDictionary.bare(name)
            guard !ignored.contains(where: { name.hasPrefix($0) }) else { return nil }
            return isWrapped ? name : "dnn." + name
        }
    }
}
