import Foundation
import NeuralCore

extension ModelStore {
    /// Installs what `write` puts at the path it is given.
    ///
    /// - Parameter replaces: whether a model of this name in the same folder may be overwritten.
    /// - Throws: ``ModelError`` for bad and taken names, and what `write` throws.
    @discardableResult
    public func install(as name: String, replaces: Bool = false, _ write: (_ path: String) throws -> Void) throws -> ModelFile {
        let path = try place(for: name, replaces: replaces)
        try write(path)
        return try ModelFile(path: path)
    }

    /// Installs a model file of this package by copying it. Whether it can be used is the caller's to check.
    @discardableResult
    public func install(copyOf model: ModelFile, as name: String, replaces: Bool = false) throws -> ModelFile {
        try install(as: name, replaces: replaces) { path in
            let attached = model.attachedFiles
            let files = try attached.map { ($0, try model.file.bytes($0)) }
            let tensors = RenamedTensors(model.file) { attached.contains($0) ? nil : $0 }
            try SafeTensorsFile.write(tensors, files: files, metadata: model.file.metadata, to: path)
        }
    }

    /// Checks a name before any work is done for it.
    public func checkName(_ name: String, replaces: Bool) throws { _ = try place(for: name, replaces: replaces, makesFolder: false) }

    /// The path of a new model, its folder made.
    private func place(for name: String, replaces: Bool, makesFolder: Bool = true) throws -> String {
        let allowed = CharacterSet(charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.+")
        guard !name.isEmpty, name.count <= 100, name.unicodeScalars.allSatisfy(allowed.contains),
            !name.hasPrefix("."), !name.hasPrefix("-"), !name.hasSuffix(".safetensors")
        else { throw ModelError.invalidName(name) }
        guard let folder = installationFolder else { throw ModelError.noFolder }
        let path = folder + "/" + name + ".safetensors"
        if let taken = entries().first(where: { $0.name == name }), !replaces || taken.path != path {
            throw ModelError.nameTaken(name: name, path: taken.path, canBeReplaced: taken.path == path)
        }
        if makesFolder {
            do {
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            } catch {
                throw CheckpointError.notWritten(path: path, reason: "the folder \(folder) cannot be made")
            }
        }
        return path
    }
}
