import Alignment
import Foundation
import ModelLibrary
import NeuralCore
import Training

/// Tunes a model of music with rewards or with preferences.
///
/// ```swift
/// var tuning = MusicTuning(model: model, output: "runs/calm")
/// tuning.prompts = try TuningPrompts(lines, heldOut: nil, count: 32, seed: 1)
/// tuning.rewards = try RewardSetFile.read("calm.yaml", context: RewardContext())
/// let outcome = try tuning.execute(TuningConfiguration()) { print($0) }     // runs/calm/model.safetensors
/// ```
public struct MusicTuning: Sendable {
    public let model: MusicModel
    /// The folder of the run: `config.json`, `log.jsonl`, `checkpoint-*`, `model.safetensors` of the last round and
    /// `best.safetensors` of the best measurement.
    public let output: String
    public var resume = false
    public var prompts: TuningPrompts?
    /// What is raised; without it a run from preferences measures divergence alone.
    public var rewards: RewardSet?
    /// Rewards that are only watched.
    public var gold: RewardSet?
    public var preferences: PreferenceFile?
    public var limits = TrainingLimits()
    /// Says what the run works with: a resumed one is only exact with the same.
    public var fingerprint = ""

    public init(model: MusicModel, output: String) { (self.model, self.output) = (model, output) }

    /// The settings of a run: those of the file over the defaults; of a resumed run its own, of which only the number of
    /// rounds and the checkpoints may change.
    ///
    /// - Parameters:
    ///   - file: a JSON file.
    ///   - change: what the command line says.
    public static func settings(
        output: String, resume: Bool, defaults: TuningConfiguration, file: String?,
        change: (inout TuningConfiguration) throws -> Void
    ) throws -> TuningConfiguration {
        let path = output + "/config.json"
        let isStarted = resume && FileManager.default.fileExists(atPath: path)
        let stored = isStarted ? try StrictSettings.read(path, over: defaults) { try $0.validate() } : nil
        var wanted = try file.map { try StrictSettings.read($0, over: defaults) { try $0.validate() } } ?? stored ?? defaults
        try change(&wanted)
        try wanted.validate()
        guard let stored else { return wanted }
        var compared = wanted
        (compared.rounds, compared.checkpoints) = (stored.rounds, stored.checkpoints)
        let differences = try StrictSettings.differences(compared, stored)
        guard differences.isEmpty else { throw TuningError.changedSettings(differences, path: path) }
        return wanted
    }

    /// Tunes until the last round or a reason to stop.
    ///
    /// What must be refused is refused before any work.
    /// - Throws: ``TuningError``, ``MusicGenerationError``, `AlignmentError`, `TrainingError`, `CheckpointError`.
    public func execute(_ settings: TuningConfiguration, report: @escaping (TuningEvent) -> Void) throws -> TuningOutcome {
        try settings.validate()
        guard let prompts else { throw TuningError.invalidPrompts(reason: "there are none") }
        if !settings.method.isOffline, rewards == nil {
            throw TuningError.unsuitable(method: settings.method.rawValue, reason: "it needs rewards")
        }
        if settings.segments > 1, rewards?.kind == .distribution {
            throw TuningError.unsuitable(method: "segments", reason: "\(rewards?.name ?? "the reward") is of whole sets of clips")
        }
        if settings.method == .dragon, rewards?.kind == .distribution, settings.prompts < 2 {
            throw TuningError.unsuitable(method: "dragon", reason: "a reward of sets needs two prompts or more in a round")
        }
        let folder = try RunFolder(output, resuming: resume)
        defer { folder.discardUnlessStarted() }
        var texts: [TextStates?] = [], known: [String: TextStates?] = [:], all = prompts.all
        let set = try preferences.map { try $0.load(model, prompts: &all, window: model.window.length) }
        for prompt in all {
            if known[prompt] == nil { known[prompt] = try model.text.states(prompt) }
            texts.append(known[prompt] ?? nil)
        }
        let decoder = try MusicGenDecoder(model.configuration, weights: model.file.file, prefix: "decoder.")
        let judge = rewards.map { RewardJudge(model: model, prompts: all, rewards: $0, gold: gold) }
        let count = prompts.training.count
        let material = TuningRunner.Material(
            prompts: all, texts: texts, training: Array(0..<count), heldOut: Array(count..<prompts.all.count), judge: judge,
            preferences: set, window: model.window, frames: max(1, Int((settings.seconds * model.frameRate).rounded())))
        let name = URL(fileURLWithPath: output).lastPathComponent, hash = try model.file.contentHash()
        var runner = try TuningRunner(
            settings, decoder: decoder, material: material, folder: folder,
            export: { decoder, path, step in
                try TunedModelFile.write(
                    decoder, of: model, sampling: settings.sampling,
                    tuning: [
                        "run": .string(name), "start": .string(model.file.name), "start_sha256": .string(hash),
                        "method": .string(settings.method.rawValue), "rewards": .string(rewards?.name ?? ""),
                        "round": .integer(step), "seed": .string("\(settings.seed)"),
                    ], to: path)
            }, report: report)
        if let other = runner.differs(from: fingerprint + "-" + hash) { report(.note(other)) }
        try folder.write(StrictSettings.encode(settings), to: folder.configurationPath)
        return try runner.run(limits: limits)
    }
}
