import Foundation
import TestSupport
import Testing

@testable import NeuralCore

/// Mutated files end in an error or in finite work, never in a crash, a hang or a huge allocation.
///
/// `AUDIOTOOL_FUZZ` sets the number of mutants of each reader and `AUDIOTOOL_FUZZ_SEED` which ones; a long run is
/// `AUDIOTOOL_FUZZ=1000000 swift test --filter CheckpointFuzz`.
@Suite struct CheckpointFuzzTests {
    private static let count = ProcessInfo.processInfo.environment["AUDIOTOOL_FUZZ"].flatMap { Int($0) } ?? 4_000
    private static let runsAlone = ProcessInfo.processInfo.environment["AUDIOTOOL_FUZZ"] != nil
    private static let seed = ProcessInfo.processInfo.environment["AUDIOTOOL_FUZZ_SEED"].flatMap { UInt64($0) } ?? 1

    @Test func torchFiles() throws {
        let seeds = try CorpusFile.all.map { try $0.bytes }.filter { !$0.isEmpty }
        try fuzz(seeds, count: Self.count) { path in
            let checkpoint = try TorchCheckpoint(path: path)
            _ = checkpoint.root.json()
            for (_, value) in (checkpoint.root.members ?? []).prefix(16) {
                if let tensor = value.tensor { _ = try checkpoint.tensor(tensor) }
                if value.members != nil { _ = try checkpoint.tensors(value) }
            }
        }
    }

    /// The description alone, without an archive around it whose checksum would stop most mutants at once.
    @Test func pickles() throws {
        let seeds = try CorpusFile.all.flatMap { file -> [[UInt8]] in
            let bytes = try file.bytes
            guard let archive = try? ZipArchive(CheckpointSource(path: file.path)) else {
                return bytes.first == 0x80 ? [bytes] : []
            }
            return try archive.names.filter { $0.hasSuffix(".pkl") }.compactMap { name in
                try (try? archive.storedEntry(name)).map { try archive.source.bytes(in: $0.data) }
            }
        }
        #expect(seeds.count > 30)
        var mutator = Mutator(seeds: seeds, seed: Self.seed)
        for round in 0..<Self.count {
            let bytes = mutator.next()
            let limits = PickleMachine.Limits(tensorElements: bytes.count) { key in key == "0" ? 48 : nil }
            var machine = PickleMachine(bytes, limits: limits)
            do {
                let graph = try machine.run()
                #expect(graph.nodes.count <= 2 * bytes.count + 8)
                _ = PickleValue(graph).json()
            } catch is CheckpointFault {
            } catch {
                Issue.record("mutant \(round): \(error)")
            }
        }
    }

    @Test func safeTensors() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("seed.safetensors").path
        try SafeTensorsFile.write(
            [("a.weight", .ones([2, 3])), ("b", Tensor(scalar: 1)), ("c", .zeros([0, 4]))],
            metadata: ["kind": "k", "config": #"{"steps": [1, 2]}"#], to: path)
        let seeds = [try Data(contentsOf: URL(fileURLWithPath: path))].map { [UInt8]($0) }
        try fuzz(seeds, count: Self.count) { path in
            let file = try SafeTensorsFile(path: path)
            for name in file.names { _ = try file.tensor(name) }
        }
    }

    /// Opens mutants under one name and fails for errors of any other kind, slow ones and memory that grows.
    private func fuzz(_ seeds: [[UInt8]], count: Int, _ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("fuzz-\(UUID().uuidString)").path
        defer { unlink(path) }
        var mutator = Mutator(seeds: seeds, seed: Self.seed)
        let memory = peakMemory()
        for round in 0..<count {
            let bytes = mutator.next()
            try write(bytes, to: path)
            let start = ContinuousClock.now
            do {
                try body(path)
            } catch is CheckpointError {
            } catch {
                Issue.record("mutant \(round): \(error)")
            }
            if ContinuousClock.now - start > .seconds(5) { Issue.record("mutant \(round) took more than 5 s") }
        }
        // Only a run by itself has the process's memory to itself.
        guard Self.runsAlone else { return }
        let growth = peakMemory() - memory
        #expect(growth < 100 << 20, "peak memory grew by \(growth >> 20) MB")
    }

    private func write(_ bytes: [UInt8], to path: String) throws {
        // A new file each time: some file systems bring one that is cut and written again to the disk at once.
        unlink(path)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        defer { close(descriptor) }
        let written = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
        try #require(written == bytes.count)
    }

    private func peakMemory() -> Int {
        var usage = rusage()
        getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss << 10
    }
}

/// Changes bits, bytes and numbers of known files, cuts them and joins pieces of two.
private struct Mutator {
    let seeds: [[UInt8]]
    private var random: Philox

    init(seeds: [[UInt8]], seed: UInt64) {
        self.seeds = seeds
        random = Philox(seed: seed)
    }

    mutating func next() -> [UInt8] {
        var bytes = seeds[random.nextInt(below: seeds.count)]
        for _ in 0...random.nextInt(below: 4) where !bytes.isEmpty { change(&bytes) }
        return bytes
    }

    private mutating func change(_ bytes: inout [UInt8]) {
        // The ends of files hold what readers trust most.
        let count = bytes.count, nearEnd = random.nextInt(below: 3) == 0
        let place = nearEnd ? count - 1 - random.nextInt(below: min(count, 128)) : random.nextInt(below: count)
        switch random.nextInt(below: 8) {
        case 0: bytes[place] ^= 1 << UInt8(random.nextInt(below: 8))
        case 1: bytes[place] = UInt8(random.nextInt(below: 256))
        case 2, 3:
            let extremes: [UInt8] = [0, 1, 0x7F, 0x80, 0xFE, 0xFF], value = extremes[random.nextInt(below: extremes.count)]
            for index in place..<min(place + 1 + random.nextInt(below: 8), count) { bytes[index] = value }
        case 4: bytes.removeLast(random.nextInt(below: min(count, 64) + 1))
        case 5: bytes.removeSubrange(place..<min(place + 1 + random.nextInt(below: 16), count))
        case 6:
            let end = min(place + 1 + random.nextInt(below: 64), count)
            bytes.insert(contentsOf: bytes[place..<end], at: random.nextInt(below: count + 1))
        default:
            let other = seeds[random.nextInt(below: seeds.count)]
            let start = random.nextInt(below: other.count), end = min(start + 1 + random.nextInt(below: 64), other.count)
            bytes.replaceSubrange(place..<min(place + end - start, count), with: other[start..<end])
        }
    }
}
