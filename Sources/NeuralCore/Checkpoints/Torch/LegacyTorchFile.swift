/// The stream that `torch.save` wrote before version 1.6: five pickles (a magic number, a version, the machine, the
/// contents, the storages' names), then the numbers of each storage behind their count.
enum LegacyTorchFile {
    /// 0x1950A86A20F9469CFC6C.
    private static let magic = "6cfc9c46f9206aa85019"

    static func open(_ source: CheckpointSource) throws -> (PickleValue, TorchStorages) {
        let head = try source.bytes(in: 0..<min(source.size, TorchCheckpoint.maximumDescription))
        let limits = PickleMachine.Limits(tensorElements: source.size) { _ in nil }
        var position = 0
        func next() throws -> PickleGraph {
            var machine = PickleMachine(head, at: position, limits: limits)
            let graph = try machine.run()
            position = machine.position
            return graph
        }
        guard case .largeInteger(magic) = PickleValue(try next()).node else {
            throw CheckpointFault.damaged("it is a pickle, but not one that torch.save wrote")
        }
        guard PickleValue(try next()).int == 1001 else {
            throw CheckpointFault.damaged("it is a torch.save stream of an unknown version")
        }
        guard PickleValue(try next())["little_endian"].bool == true else {
            throw CheckpointFault.damaged("its numbers are stored big end first")
        }
        let contents = try next()
        guard let keys = PickleValue(try next()).elements?.map(\.string), !keys.contains(nil) else {
            throw CheckpointFault.damaged("its list of storages is damaged")
        }
        let places = try places(of: keys.compactMap(\.self), in: contents, from: position, source)
        return (PickleValue(contents), TorchStorages(source: source, places: places))
    }

    /// Where the storages lie, one behind the other in the order of their names.
    private static func places(
        of keys: [String], in contents: PickleGraph, from start: Int, _ source: CheckpointSource
    ) throws -> [String: TorchStorages.Place] {
        var known: [String: TorchStorage] = [:]
        for case .storage(let storage) in contents.nodes { known[storage.key] = storage }
        var places: [String: TorchStorages.Place] = [:], position = start
        for key in keys {
            guard let storage = known[key], let type = storage.type else {
                throw CheckpointFault.damaged("the type of its storage \(key.prefix(40)) is not known")
            }
            guard source.size - position >= 8 else {
                throw CheckpointFault.damaged("it breaks off after \(source.size) bytes; fetch it again")
            }
            var count = ByteCursor(try source.bytes(in: position..<position + 8))
            guard count.integer(UInt64.self) == UInt64(storage.count) else {
                throw CheckpointFault.damaged("its storage \(key.prefix(40)) has another length than announced")
            }
            let end = position + 8 + storage.count * type.size
            guard end <= source.size else {
                throw CheckpointFault.damaged("it breaks off after \(source.size) bytes; fetch it again")
            }
            places[key] = .bytes(position + 8..<end)
            position = end
        }
        return places
    }
}
