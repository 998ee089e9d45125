import NeuralCore

/// The named tensors of a file of weights that another program wrote, and what else the file says.
public struct StateDictionary: Sendable {
    public enum Content: Sendable {
        /// A file of PyTorch and everything in it.
        case torch(TorchTensors, root: PickleValue)
        case safeTensors(SafeTensorsFile)
    }

    public let path: String
    public let content: Content

    /// Reads `.ckpt`, `.pt`, `.pth`, `.bin` (whatever the name, by content) and `.safetensors`.
    ///
    /// - Throws: `CheckpointError`.
    public init(path: String) throws {
        self.path = path
        guard TorchCheckpoint.isCandidate(path: path) else {
            content = .safeTensors(try SafeTensorsFile(path: path))
            return
        }
        let checkpoint = try TorchCheckpoint(path: path)
        let stored = try checkpoint.tensors(Self.tensors(in: checkpoint.root))
        guard !stored.names.isEmpty else {
            throw CheckpointError.notACheckpoint(path: path, reason: "it holds no named tensors")
        }
        content = .torch(stored, root: checkpoint.root)
    }

    public var tensors: any TensorSource {
        switch content {
        case .torch(let tensors, _): tensors
        case .safeTensors(let file): file
        }
    }

    /// A name without what wrappers for several devices and for compilation put before it.
    public static func bare(_ name: String) -> String {
        for prefix in ["module.", "_orig_mod."] where name.hasPrefix(prefix) { return bare(String(name.dropFirst(prefix.count))) }
        return name
    }

    /// The dictionary of the network's tensors: under the name that Lightning uses, under a common one, or all.
    private static func tensors(in root: PickleValue) -> PickleValue {
        for name in ["state_dict", "model_state_dict", "model", "params"] where root[name].members != nil { return root[name] }
        return root
    }
}
