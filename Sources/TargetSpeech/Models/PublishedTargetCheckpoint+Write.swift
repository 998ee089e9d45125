import NeuralCore

extension PublishedTargetCheckpoint {
    /// Writes a network's weights under their published names, with what those files hold beside weights: a state dict or,
    /// where `path` ends in `.ckpt`, a Lightning checkpoint as the published program loads it.
    ///
    /// - Throws: `CheckpointError.notWritten`.
    public static func write(_ network: TFGridNetExtractor, to path: String) throws {
        let bank = network.bank
        let window = Tensor((0..<bank.length).map { Float(bank.window($0)) }, shape: [bank.length])
        let banks = ["enc", "dec"].flatMap { side in
            [
                ("tfgridnet.\(side).filterbank._filters", bank.matrix.expanded(at: 1)),
                ("tfgridnet.\(side).filterbank.torch_window", window),
            ]
        }
        try write(banks + network.namedParameters(), to: path)
    }

    /// The same for an enrolment network; the convolution that is never used is zero.
    public static func write(_ network: EnrollmentNetwork, to path: String) throws {
        let unused = [
            ("deconv.weight", Tensor.zeros([network.configuration.width, 2, 3, 3])), ("deconv.bias", .zeros([2])),
        ]
        try write(network.namedParameters() + unused, to: path)
    }

    private static func write(_ tensors: [(String, Tensor)], to path: String) throws {
        guard path.hasSuffix(".ckpt") else {
            return try TorchCheckpoint.write(.dictionary(tensors.map { ($0, .tensor($1)) }), to: path)
        }
        try TorchCheckpoint.write(.dictionary([
            ("epoch", .integer(0)), ("global_step", .integer(0)), ("pytorch-lightning_version", .text("2.0.0")),
            ("state_dict", .dictionary(tensors.map { ("model." + $0, .tensor($1)) })),
        ]), to: path)
    }
}
