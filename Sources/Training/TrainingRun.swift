import Foundation
import NeuralCore

/// A run from the command line or another program: settings in, a trained model out.
///
///     var run = TrainingRun(output: "runs/first")
///     let outcome = try run.execute(defaults: …, task: …, network: …) { print($0) }
public struct TrainingRun: Sendable {
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

    public init(output: String) { self.output = output }

    /// Reads the settings, opens the run folder, loads the recordings and trains.
    ///
    /// What must be refused is refused in that order, so that a wrong flag costs no time.
    ///
    /// - Parameters:
    ///   - defaults: settings for all that the configuration file leaves out.
    ///   - network: a network with fresh weights.
    ///   - weights: what a network takes of the model that it is to start from, which may hold more.
    ///   - task: made from the final settings in two steps: what costs nothing, then, in the run's folder, what reads
    ///     recordings.
    public func execute<Configuration: RunConfiguration, Task: TrainingTask>(
        defaults: Configuration, network: (Configuration, inout Philox) throws -> Task.Network,
        weights: (SafeTensorsFile) -> any TensorSource = { $0 },
        task: (Configuration) throws -> (RunFolder) throws -> Task, report: @escaping (TrainingEvent) -> Void
    ) throws -> TrainingOutcome {
        var settings = try configuration.map(defaults.reading) ?? defaults
        if let seed { settings.seed = seed }
        if let steps { settings.steps = steps }
        try settings.validate()
        let isStarted = FileManager.default.fileExists(atPath: output + "/config.json")
        if resume, isStarted { settings = try resumed(settings, defaults: defaults, report: report) }
        let load = try task(settings)
        var random = RandomPurpose.weights.generator(run: settings.seed)
        var network = try network(settings, &random)
        if let initialModel { try network.load(from: weights(SafeTensorsFile(path: initialModel))) }

        let folder = try RunFolder(output, resuming: resume)
        defer { folder.discardUnlessStarted() }
        let task = try load(folder)
        try folder.write(StrictSettings.encode(settings), to: folder.configurationPath)
        var trainer = try Trainer(task, network: network, plan: settings.plan, folder: folder, report: report)
        return try trainer.run(limits: limits)
    }

    /// The run's own settings; those given now may only differ in how long it goes and how often it saves.
    private func resumed<Configuration: RunConfiguration>(
        _ given: Configuration, defaults: Configuration, report: (TrainingEvent) -> Void
    ) throws -> Configuration {
        let path = output + "/config.json"
        var stored = try defaults.reading(path)
        if let steps, steps != stored.steps {
            report(.note("the run now has \(steps) steps instead of \(stored.steps); its learning rates change accordingly"))
            stored.steps = steps
        }
        guard configuration != nil || seed != nil else { return stored }
        var wanted = given
        if configuration == nil { wanted = stored }
        if let seed { wanted.seed = seed }
        wanted.steps = stored.steps
        stored.checkpoints = wanted.checkpoints
        let differences = try StrictSettings.differences(wanted, stored)
        guard differences.isEmpty else { throw TrainingError.changedConfiguration(differences, path: path) }
        return stored
    }
}
