import NeuralCore

/// Writes installed models for PyTorch.
public enum ModelExport {
    /// Writes a model's tensors as a state dict, which `torch.load(path)` returns as a dictionary. A path that ends in
    /// `.ckpt` gets the form of a Lightning checkpoint instead, with hyper-parameters and average, which the published
    /// program loads.
    ///
    /// - Throws: `CheckpointError`, and `ModelError.invalidSettings` for a checkpoint of a model without hyper-parameters.
    public static func write(_ model: ModelFile, to path: String) throws {
        let attached = Set(model.attachedFiles)
        let tensors = try model.file.names.filter { !attached.contains($0) }.map { ($0, TorchValue.tensor(try model.file.tensor($0))) }
        guard path.hasSuffix(".ckpt") else { return try TorchCheckpoint.write(.dictionary(tensors), to: path) }
        guard let settings = model.settings["hyper_parameters"].object else {
            throw ModelError.invalidSettings(
                path: model.path, reason: "only imported models have what a .ckpt file needs; export to .pt")
        }
        let parameters = tensors.filter { !$0.0.hasSuffix("running_mean") && !$0.0.hasSuffix("running_var")
            && !$0.0.hasSuffix("num_batches_tracked") }
        let average = TorchValue.dictionary([
            ("decay", .number(settings["ema_decay"]?.double ?? 0.999)), ("num_updates", .integer(0)),
            ("shadow_params", .list(parameters.map(\.1))), ("collected_params", .none),
        ])
        try TorchCheckpoint.write(.dictionary([
            ("epoch", .integer(0)), ("global_step", .integer(0)), ("pytorch-lightning_version", .text("2.0.0")),
            ("state_dict", .dictionary(tensors)), ("hparams_name", .text("kwargs")),
            ("hyper_parameters", .dictionary(settings.keys.map { ($0, value($0, settings[$0] ?? .null)) })), ("ema", average),
        ]), to: path)
    }

    /// A setting; the data module, which was read as inert text, becomes a name again.
    private static func value(_ key: String, _ setting: JSONValue) -> TorchValue {
        guard key == "data_module_cls", let name = setting.string, let dot = name.lastIndex(of: ".") else {
            return TorchValue(setting)
        }
        return .name(module: String(name[..<dot]), name: String(name[name.index(after: dot)...]))
    }
}
