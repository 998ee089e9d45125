import Foundation
import NeuralCore

/// The checkpoints of a run folder: `checkpoint-00001200.safetensors`, the last two of them.
///
/// Each is written beside its final name, brought to the disk and renamed, and carries a checksum of all it holds.
/// One that does not check out, after a power cut or a bad disk, is passed over for the one before.
package struct CheckpointStore {
    let folder: String
    /// How many to keep.
    var depth = 2

    /// A checkpoint that was read and checked.
    package struct Entry {
        package let path: String
        package let step: Int
        package let file: SafeTensorsFile
    }

    /// Paths and steps of what is there, newest first.
    func list() -> [(path: String, step: Int)] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.compactMap { name -> (String, Int)? in
            guard name.hasPrefix("checkpoint-"), name.hasSuffix(".safetensors"),
                let step = Int(name.dropFirst("checkpoint-".count).dropLast(".safetensors".count))
            else { return nil }
            return (folder + "/" + name, step)
        }.sorted { $0.1 > $1.1 }
    }

    /// The newest checkpoint that is whole, or `nil` where there is none at all.
    ///
    /// - Parameter onDamage: told about each one that had to be passed over.
    /// - Throws: ``TrainingError/noUsableCheckpoint(path:reasons:)`` if there are some and all are damaged.
    package func newest(onDamage: (String) -> Void) throws -> Entry? {
        var reasons: [String] = []
        for (path, step) in list() {
            do {
                return Entry(path: path, step: step, file: try read(path, step: step))
            } catch {
                reasons.append(error.localizedDescription)
                onDamage(error.localizedDescription)
            }
        }
        guard reasons.isEmpty else { throw TrainingError.noUsableCheckpoint(path: folder, reasons: reasons) }
        return nil
    }

    package func write(_ tensors: [(String, Tensor)], metadata: [String: String], step: Int) throws -> String {
        var metadata = metadata
        metadata["step"] = String(step)
        metadata["checksum"] = Checksum.of(tensors, metadata: metadata)
        let name = String(step)
        let path = folder + "/checkpoint-" + String(repeating: "0", count: max(0, 8 - name.count)) + name + ".safetensors"
        try SafeTensorsFile.write(tensors, metadata: metadata, to: path)
        for old in list().dropFirst(depth) { try? FileManager.default.removeItem(atPath: old.path) }
        return path
    }

    private func read(_ path: String, step: Int) throws -> SafeTensorsFile {
        let file: SafeTensorsFile
        do {
            file = try SafeTensorsFile(path: path)
        } catch {
            throw TrainingError.damagedCheckpoint(path: path, reason: error.localizedDescription)
        }
        var metadata = file.metadata
        guard let stored = metadata.removeValue(forKey: "checksum"), metadata["step"] == String(step) else {
            throw TrainingError.damagedCheckpoint(path: path, reason: "it does not say what step it is of")
        }
        let tensors = try file.names.sorted().map { ($0, try file.tensor($0)) }
        guard Checksum.of(tensors, metadata: metadata) == stored else {
            throw TrainingError.damagedCheckpoint(path: path, reason: "its checksum does not match its contents")
        }
        return file
    }
}

/// A 64-bit hash (FNV-1a over 32-bit words) of named tensors and metadata, to find damage, not tampering.
enum Checksum {
    static func of(_ tensors: [(String, Tensor)], metadata: [String: String]) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func add(_ word: UInt64) { hash = (hash ^ word) &* 0x0000_0100_0000_01b3; hash ^= hash >> 29 }
        func add(_ text: String) {
            for byte in text.utf8 { add(UInt64(byte)) }
            add(0x1_0000)
        }
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            add(key)
            add(value)
        }
        for (name, tensor) in tensors.sorted(by: { $0.0 < $1.0 }) {
            add(name)
            for size in tensor.shape { add(UInt64(size)) }
            tensor.withUnsafeBuffer { for value in $0 { add(UInt64(value.bitPattern)) } }
        }
        return String(hash, radix: 16)
    }
}
