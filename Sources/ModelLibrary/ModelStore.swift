import Foundation

/// Where installed models are found.
///
/// Folders, in this order: those that the environment variable `AUDIOTOOL_MODELS` names (separated by colons); the
/// user's own, `audiotool/models` in `XDG_DATA_HOME` or `~/.local/share`;
/// `share/audiotool/models` beside the program's `bin`; `models` beside the program; and, for a program inside its
/// build folder, `models` of the package. All are found from where the program really lies, so an installation can
/// be moved.
public struct ModelStore: Sendable {
    public let folders: [String]

    /// - Parameters:
    ///   - executable: the program's path, links resolved.
    ///   - environment: the process's variables.
    public init(
        executable: String = ModelStore.executablePath,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) {
        let named = (environment["AUDIOTOOL_MODELS"] ?? "").split(separator: ":").map(String.init)
        let own = Self.ownFolder(environment)
        let candidates = (own.map { [$0] } ?? []) + Self.candidates(executable: executable)
        folders = named + candidates.filter { Self.exists($0, isFolder: true) }
        searched = named.isEmpty ? candidates : named
        installationFolder = named.first ?? own
    }

    /// Where models are installed: the first folder that `AUDIOTOOL_MODELS` names, or the user's own. It need not be
    /// there yet.
    public let installationFolder: String?

    private static func ownFolder(_ environment: [String: String]) -> String? {
        if let data = environment["XDG_DATA_HOME"], data.hasPrefix("/") { return data + "/audiotool/models" }
        guard let home = environment["HOME"], home.hasPrefix("/") else { return nil }
        return home + "/.local/share/audiotool/models"
    }

    /// Where models are looked for, whether or not there is such a folder.
    public let searched: [String]

    /// What a search found in one folder.
    public struct Entry: Sendable {
        public let path: String
        public let model: Result<ModelFile, any Error>
        /// The file's name without extension.
        public var name: String { URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent }
    }

    /// All model files, sorted by name; of files of one name the first folder's.
    public func entries() -> [Entry] {
        var seen: Set<String> = []
        return folders.flatMap { folder in
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            return names.filter { $0.hasSuffix(".safetensors") && !$0.hasPrefix(".") }.sorted()
                .filter { seen.insert($0).inserted }
                .map { name in
                    let path = folder + "/" + name
                    return Entry(path: path, model: Result { try ModelFile(path: path) })
                }
        }
        .sorted { $0.name < $1.name }
    }

    /// The model that a user means.
    ///
    /// - Parameters:
    ///   - name: an installed model's name or a file's path; nil for the default of the kind.
    ///   - kind: what the default does.
    ///   - others: what a model that is named may also be.
    /// - Throws: ``ModelError`` and `CheckpointError`.
    public func model(_ name: String?, kind: ModelFile.Kind, or others: ModelFile.Kind...) throws -> ModelFile {
        guard let name else { return try defaultModel(of: kind) }
        let model = try find(name)
        try model.require([kind] + others)
        return model
    }

    /// An installed model's name, or a file's path.
    public func find(_ name: String) throws -> ModelFile {
        if name.contains("/") || name.hasSuffix(".safetensors") { return try ModelFile(path: name) }
        let entries = entries()
        if let entry = entries.first(where: { $0.name == name }) { return try entry.model.get() }
        if Self.exists(name, isFolder: false) { return try ModelFile(path: name) }
        throw ModelError.unknown(name: name, known: entries.map(\.name), searched: searched)
    }

    private func defaultModel(of kind: ModelFile.Kind) throws -> ModelFile {
        let entries = entries()
        let models = entries.compactMap { try? $0.model.get() }.filter { $0.kind == kind.rawValue }
        if let model = models.first(where: \.isDefault) ?? models.first(where: { !$0.isFallback }) ?? models.first { return model }
        // A damaged file explains more than the absence of a sound one.
        if let damaged = entries.first(where: { (try? $0.model.get()) == nil }) { return try damaged.model.get() }
        throw ModelError.noModels(of: kind.rawValue, known: entries.map(\.name), searched: searched)
    }

    /// The running program's path, links resolved.
    public static let executablePath: String = {
        if let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") { return path }
        return URL(fileURLWithPath: Bundle.main.executablePath ?? CommandLine.arguments[0]).resolvingSymlinksInPath().path
    }()

    private static func candidates(executable: String) -> [String] {
        let folder = URL(fileURLWithPath: executable).deletingLastPathComponent()
        var result = [
            folder.deletingLastPathComponent().appendingPathComponent("share/audiotool/models").path,
            folder.appendingPathComponent("models").path,
        ]
        var parent = folder
        while parent.path != "/" {
            if exists(parent.appendingPathComponent("Package.swift").path, isFolder: false) {
                result.append(parent.appendingPathComponent("models").path)
                break
            }
            parent.deleteLastPathComponent()
        }
        return result
    }

    private static func exists(_ path: String, isFolder wanted: Bool) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue == wanted
    }
}
