/// The ZIP archive that `torch.save` writes: `data.pkl` describes the contents, `data/0`, `data/1`, … hold the numbers.
enum TorchArchive {
    static func open(_ source: CheckpointSource) throws -> (PickleValue, TorchStorages) {
        let archive = try ZipArchive(source)
        let folder = try folder(of: archive)
        if archive.names.contains(folder + "constants.pkl") {
            throw CheckpointFault.damaged("it is a TorchScript program; save the model's state_dict instead")
        }
        guard let description = try archive.storedEntry(folder + "data.pkl") else {
            throw CheckpointFault.damaged("it is a ZIP archive without data.pkl")
        }
        let prefix = folder + "data/"
        var places: [String: TorchStorages.Place] = [:], sizes: [String: Int] = [:]
        for name in archive.names where name.hasPrefix(prefix) {
            guard let entry = try archive.storedEntry(name) else { continue }
            let key = String(name.dropFirst(prefix.count))
            places[key] = .entry(entry)
            sizes[key] = entry.data.count
        }
        let limits = PickleMachine.Limits(tensorElements: source.size) { sizes[$0] }
        let bytes = try archive.contents(of: description, atMost: TorchCheckpoint.maximumDescription)
        var machine = PickleMachine(bytes, limits: limits)
        let graph = try machine.run()
        let order = try archive.storedEntry(folder + "byteorder").map { try archive.contents(of: $0, atMost: 64) } ?? []
        let storages = TorchStorages(
            source: source, archive: archive, places: places, isBigEndian: order.starts(with: "big".utf8))
        return (PickleValue(graph), storages)
    }

    /// The path of the folder that holds `data.pkl`, with its slash; its name is free.
    private static func folder(of archive: ZipArchive) throws -> String {
        let found = archive.names.filter { $0 == "data.pkl" || $0.hasSuffix("/data.pkl") }.map { String($0.dropLast(8)) }
        if found.count == 1 { return found[0] }
        // PyTorch takes the top folder of the first entry.
        let first = archive.names.first.map { $0.prefix { $0 != "/" } + "/" } ?? ""
        if found.contains(String(first)) { return String(first) }
        guard found.isEmpty else {
            throw CheckpointFault.damaged("it holds \(found.count) files data.pkl, and which one is meant is open")
        }
        if archive.names.contains(where: { $0.hasSuffix(".npy") }) {
            throw CheckpointFault.damaged("it is a NumPy archive; save the weights as .safetensors or by torch.save")
        }
        throw CheckpointFault.damaged("it is a ZIP archive, but not one that torch.save wrote: it holds no data.pkl")
    }
}
