import Foundation

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The folder of one training run: its configuration, log, checkpoints and models, held by one process at a time.
///
///     config.json          what was asked for, with every default written out
///     log.jsonl            losses and validations
///     checkpoint-*         the last two states of the run
///     model.safetensors    the averaged weights of the last checkpoint, ready for `enhance --model`
///     best.safetensors     the same of the best validation
public final class RunFolder {
    public let path: String
    /// Whether it held a run already.
    public let isResumed: Bool
    private let lock: Int32
    /// Whether the folder was made for this run.
    private let isNew: Bool
    /// Files that were written before the run's configuration.
    private var preparations: [String] = []

    public var configurationPath: String { path + "/config.json" }
    package var logPath: String { path + "/log.jsonl" }
    public var modelPath: String { path + "/model.safetensors" }
    public var bestPath: String { path + "/best.safetensors" }
    package var checkpoints: CheckpointStore { CheckpointStore(folder: path) }

    /// Opens a folder for a new run, or for one that is to go on.
    ///
    /// - Throws: ``TrainingError`` if a new run would overwrite one, if there is none to resume, if another process
    ///   holds the folder, or if it cannot be written.
    public init(_ path: String, resuming: Bool) throws {
        self.path = path
        isResumed = resuming
        let isRun = FileManager.default.fileExists(atPath: path + "/config.json")
        if resuming, !isRun { throw TrainingError.notARun(path: path) }
        if !resuming, isRun {
            throw TrainingError.runExists(path: path, step: CheckpointStore(folder: path).list().first?.step ?? 0)
        }
        isNew = !FileManager.default.fileExists(atPath: path)
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw TrainingError.cannotWrite(path: path, reason: error.localizedDescription)
        }
        lock = open(path + "/.lock", O_CREAT | O_RDWR | O_CLOEXEC, 0o644)
        guard lock >= 0 else { throw TrainingError.cannotWrite(path: path, reason: String(cString: strerror(errno))) }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            close(lock)
            throw TrainingError.cannotWrite(path: path, reason: "another training process is using it")
        }
        removeLeftovers()
    }

    deinit { close(lock) }

    /// Leaves no trace of a run that was refused before it began.
    package func discardUnlessStarted() {
        guard !FileManager.default.fileExists(atPath: configurationPath) else { return }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        for file in names.filter({ $0 == ".lock" || $0.hasSuffix(".s16") }).map({ path + "/" + $0 }) + preparations {
            try? FileManager.default.removeItem(atPath: file)
        }
        if isNew { rmdir(path) }
    }

    /// Half-written files of a process that was killed.
    private func removeLeftovers() {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] where name.hasSuffix(".partial") {
            try? FileManager.default.removeItem(atPath: path + "/" + name)
        }
    }

    /// What the run's file of this name holds; made and written where there is none yet.
    package func kept(_ name: String, make: () throws -> [UInt8]) throws -> [UInt8] {
        let file = path + "/" + name
        if let stored = FileManager.default.contents(atPath: file) { return [UInt8](stored) }
        let bytes = try make()
        try write(Data(bytes), to: file)
        return bytes
    }

    public func write(_ data: Data, to file: String) throws {
        do {
            try data.write(to: URL(fileURLWithPath: file), options: .atomic)
            preparations.append(file)
        } catch {
            throw TrainingError.cannotWrite(path: file, reason: error.localizedDescription)
        }
    }
}
