import Foundation
import NeuralCore
import Training

/// An objective with the mixtures that it is trained and measured on.
struct EnhancementTask<Objective: EnhancementObjective>: TrainingTask {
    private let objective: Objective
    private let generator: MixtureGenerator
    private let optimization: DiffusionOptimization
    private let validator: EnhancementValidator<Objective>
    let fingerprint: String

    init(
        _ objective: Objective, data: TrainingData, optimization: DiffusionOptimization, validation: ValidationSettings, seed: UInt64
    ) throws {
        self.objective = objective
        self.optimization = optimization
        generator = data.training
        fingerprint = [data.fingerprint, objective.fingerprint].filter { !$0.isEmpty }.joined(separator: "-")
        validator = try EnhancementValidator(
            objective, drawing: data.validation, settings: validation, seed: RandomPurpose.validation.seed(of: seed))
    }

    func example(_ index: Int) throws -> Mixture { try generator.example(index) }

    func loss(of network: Objective.Network, on examples: ArraySlice<Mixture>, items: Range<Int>, random: Philox) throws -> Tensor {
        try objective.loss(of: network, on: TrainingBatch(examples, items: items, optimization: optimization, random: random))
    }

    func validate(_ network: Objective.Network, checkCancelled: @Sendable () throws -> Void) throws -> ValidationReport {
        try validator.measure(network, checkCancelled: checkCancelled)
    }

    func modelMetadata() throws -> [String: String] { try objective.modelMetadata() }
}

extension TrainingBatch {
    /// Mixtures of one length, and a diffusion time for each.
    init(_ mixtures: ArraySlice<Mixture>, items: Range<Int>, optimization: DiffusionOptimization, random: Philox) {
        var random = random
        let times = items.map { optimization.time(ofItem: $0, using: &random) }
        let length = mixtures.first?.noisy.count ?? 0
        self.init(
            noisy: Tensor(mixtures.flatMap(\.noisy), shape: [items.count, length]),
            clean: Tensor(mixtures.flatMap(\.clean), shape: [items.count, length]),
            times: Tensor(times, shape: [items.count]), random: random)
    }
}

extension TrainingRun {
    /// Trains an enhancer on mixtures of the recordings in `folders`.
    ///
    /// - Parameters:
    ///   - defaults: settings for all that the configuration file leaves out.
    ///   - objective: made from the final settings.
    ///   - network: a network with fresh weights.
    public func execute<Objective: EnhancementObjective, Model, Loss>(
        on folders: TrainingFolders, defaults: TrainingConfiguration<Model, Loss>,
        objective: (TrainingConfiguration<Model, Loss>) throws -> Objective,
        network: (TrainingConfiguration<Model, Loss>, inout Philox) throws -> Objective.Network,
        report: @escaping (TrainingEvent) -> Void
    ) throws -> TrainingOutcome {
        let limits = limits
        return try execute(
            defaults: defaults, network: network,
            task: { settings in
                let objective = try objective(settings)
                return { folder in
                    let data = try TrainingData(
                        folders: folders, sampleRate: objective.sampleRate, mixtures: settings.mixtures, validation: settings.validation,
                        seed: settings.seed, spoolFolder: folder.path, report: { report(.note($0)) },
                        checkCancelled: { if limits.shouldStop() { throw CancellationError() } })
                    return try EnhancementTask(
                        objective, data: data, optimization: settings.optimization, validation: settings.validation, seed: settings.seed)
                }
            }, report: report)
    }
}
