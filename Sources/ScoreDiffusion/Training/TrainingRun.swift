import Foundation
import NeuralCore
import Training

/// A run from the command line or another program: folders and settings in, a trained model out.
///
///     let run = TrainingRun(folders: folders, output: "runs/first")
///     let outcome = try run.execute(defaults: …, objective: …, network: …) { print($0) }
public struct TrainingRun: Sendable {
    public var folders: TrainingFolders
    /// The run folder.
    public var output: String
    /// A JSON file of settings over the defaults.
    public var configuration: String?
    /// Goes on with the run in `output`.
    public var resume = false
    /// A model whose weights to start from.
    public var initialModel: String?
    /// Override the configuration's.
    public var steps: Int?
    public var seed: UInt64?
    public var limits = TrainingLimits()

    public init(folders: TrainingFolders, output: String) {
        self.folders = folders
        self.output = output
    }

    /// Reads the settings, opens the run folder, loads the recordings and trains.
    ///
    /// What must be refused is refused in that order, so that a wrong flag costs no time.
    ///
    /// - Parameters:
    ///   - defaults: settings for all that the configuration file leaves out.
    ///   - objective: made from the final settings.
    ///   - network: a network with fresh weights.
    public func execute<Objective: EnhancementObjective, Model, Loss>(
        defaults: TrainingConfiguration<Model, Loss>,
        objective: (TrainingConfiguration<Model, Loss>) throws -> Objective,
        network: (TrainingConfiguration<Model, Loss>, inout Philox) throws -> Objective.Network,
        report: @escaping (TrainingEvent) -> Void
    ) throws -> TrainingOutcome {
        var settings = try configuration.map(defaults.reading) ?? defaults
        if let seed { settings.seed = seed }
        if let steps { settings.optimization.steps = steps }
        try settings.validate()
        let isStarted = FileManager.default.fileExists(atPath: output + "/config.json")
        if resume, isStarted { settings = try resumed(settings, defaults: defaults, report: report) }
        let objective = try objective(settings)
        var random = RandomPurpose.weights.generator(run: settings.seed)
        var network = try network(settings, &random)
        if let initialModel { try network.load(from: SafeTensorsFile(path: initialModel)) }

        let folder = try RunFolder(output, resuming: resume)
        defer { folder.discardUnlessStarted() }
        let data = try TrainingData(
            folders: folders, sampleRate: objective.sampleRate, mixtures: settings.mixtures, validation: settings.validation,
            seed: settings.seed, spoolFolder: folder.path, report: { report(.note($0)) },
            checkCancelled: { if limits.shouldStop() { throw CancellationError() } })
        try folder.write(StrictSettings.encode(settings), to: folder.configurationPath)
        var trainer = try EnhancerTrainer(
            objective: objective, network: network, plan: TrainingPlan(settings), data: data, folder: folder, report: report)
        return try trainer.run(limits: limits)
    }

    /// The run's own settings; those given now may only differ in how long it goes and how often it saves.
    private func resumed<Model, Loss>(
        _ given: TrainingConfiguration<Model, Loss>, defaults: TrainingConfiguration<Model, Loss>,
        report: (TrainingEvent) -> Void
    ) throws -> TrainingConfiguration<Model, Loss> {
        let path = output + "/config.json"
        var stored = try defaults.reading(path)
        if let steps, steps != stored.optimization.steps {
            report(.note("the run now has \(steps) steps instead of \(stored.optimization.steps); its learning rates change accordingly"))
            stored.optimization.steps = steps
        }
        guard configuration != nil || seed != nil else { return stored }
        var wanted = given
        if configuration == nil { wanted = stored }
        if let seed { wanted.seed = seed }
        wanted.optimization.steps = stored.optimization.steps
        stored.checkpoints = wanted.checkpoints
        let differences = try StrictSettings.differences(wanted, stored)
        guard differences.isEmpty else { throw TrainingError.changedConfiguration(differences, path: path) }
        return stored
    }
}
