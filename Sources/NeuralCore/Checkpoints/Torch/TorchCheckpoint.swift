/// A checkpoint that PyTorch wrote: an archive of `torch.save` (version 1.6 and later) or its older stream.
///
/// Opening reads the description of the contents and no weights; those are read when asked for. Nothing in the file is
/// ever run: classes and functions that it names become inert text, and a file that calls one beyond those that make
/// tensors and containers is refused. No size in the file is believed before it is held against the file's length. The
/// value may be used from several threads.
/// ```swift
/// let checkpoint = try TorchCheckpoint(path: "epoch=120.ckpt")
/// let weights = try checkpoint.tensors(checkpoint.root["state_dict"])
/// let first = try weights.tensor(weights.names[0])
/// ```
public struct TorchCheckpoint: Sendable {
    /// The path given at opening.
    public let path: String
    /// All that the file holds.
    public let root: PickleValue
    private let storages: TorchStorages

    /// Bytes that the description of the contents may take.
    static let maximumDescription = 64 << 20

    /// - Throws: `CheckpointError` for absent, foreign and damaged files and for forbidden calls.
    public init(path: String) throws {
        self.path = path
        let source = try CheckpointSource(path: path)
        (root, storages) = try CheckpointFault.naming(path) {
            switch FileNature(of: source) {
            case .zip: try TorchArchive.open(source)
            case .pickle: try LegacyTorchFile.open(source)
            case .safeTensors: throw CheckpointFault.damaged("it is a .safetensors file; give it that ending")
            case .foreign(let words): throw CheckpointFault.damaged("it is \(words)")
            case .unknown: throw CheckpointFault.damaged("it is neither what torch.save writes nor .safetensors")
            }
        }
    }

    /// Whether a file is to be read by this type, by its first bytes; false when it is absent.
    public static func isCandidate(path: String) -> Bool {
        guard let source = try? CheckpointSource(path: path) else { return false }
        switch FileNature(of: source) {
        case .safeTensors: return false
        default: return true
        }
    }

    /// A tensor, rounded to `Float` from whatever type the file has.
    public func tensor(_ tensor: TorchTensor) throws -> Tensor {
        try CheckpointFault.naming(path) {
            try Tensor(shape: tensor.shape) { buffer in
                var next = 0
                try storages.read(tensor) { type, bytes, count in
                    for index in 0..<count { buffer[next + index] = type.float(in: bytes, at: index) }
                    next += count
                }
            }
        }
    }

    /// The numbers of a tensor in row-major order in double precision.
    public func doubles(_ tensor: TorchTensor) throws -> [Double] {
        try CheckpointFault.naming(path) {
            var result: [Double] = []
            try storages.read(tensor) { type, bytes, count in
                for index in 0..<count { result.append(type.double(in: bytes, at: index)) }
            }
            return result
        }
    }

    /// The tensors among the members of a dictionary, such as a state dict.
    /// - Throws: `CheckpointError.notACheckpoint` when the value is no dictionary.
    public func tensors(_ value: PickleValue) throws -> TorchTensors { try TorchTensors(self, value) }
}

/// The tensors of a state dict, by name and in its order.
public struct TorchTensors: TensorSource {
    public let names: [String]
    private let checkpoint: TorchCheckpoint
    private let found: [String: TorchTensor]

    init(_ checkpoint: TorchCheckpoint, _ value: PickleValue) throws {
        guard let members = value.members else {
            throw CheckpointError.notACheckpoint(path: checkpoint.path, reason: "it holds no dictionary of tensors")
        }
        var found: [String: TorchTensor] = [:], names: [String] = []
        for (key, value) in members {
            guard let name = key.string, let tensor = value.tensor else { continue }
            if found.updateValue(tensor, forKey: name) == nil { names.append(name) }
        }
        (self.checkpoint, self.found, self.names) = (checkpoint, found, names)
    }

    private init(_ checkpoint: TorchCheckpoint, _ names: [String], _ found: [String: TorchTensor]) {
        (self.checkpoint, self.names, self.found) = (checkpoint, names, found)
    }

    /// The same names, some of them with other tensors of the file.
    public func replacing(_ tensors: [String: TorchTensor]) -> TorchTensors {
        TorchTensors(checkpoint, names, found.merging(tensors.filter { found[$0.key] != nil }) { $1 })
    }

    public var path: String { checkpoint.path }
    public func contains(_ name: String) -> Bool { found[name] != nil }
    public func shape(_ name: String) throws -> [Int] { try entry(name).shape }
    public func tensor(_ name: String) throws -> Tensor { try checkpoint.tensor(entry(name)) }
    public func dtype(_ name: String) throws -> StoredType { try entry(name).storage.type ?? .float32 }
    /// The numbers in row-major order in double precision.
    public func doubles(_ name: String) throws -> [Double] { try checkpoint.doubles(entry(name)) }

    private func entry(_ name: String) throws -> TorchTensor {
        guard let tensor = found[name] else {
            throw CheckpointError.missingTensor(path: path, name: name, known: names.count)
        }
        return tensor
    }
}
