import Foundation
import NeuralCore

/// Trains a network: draws examples, updates, validates, saves.
///
///     var trainer = try Trainer(task, network: network, plan: plan, folder: folder) { event in … }
///     let outcome = try trainer.run()
///
/// The weights after step n depend on the configuration, the recordings and the initial weights alone: not on the
/// number of threads, on when checkpoints were taken, nor on how often the run was interrupted.
public struct Trainer<Task: TrainingTask> {
    private let task: Task
    private let plan: TrainingPlan
    private let folder: RunFolder
    private let log: TrainingLog
    private let report: (TrainingEvent) -> Void
    private var state: TrainingState<Task.Network>

    /// Prepares a run.
    ///
    /// - Parameters:
    ///   - network: the weights to start from; replaced by the checkpoint's when resuming.
    ///   - folder: opened by the caller, so that a run that must be refused is refused before the data is read.
    /// - Throws: ``TrainingError`` and `CheckpointError`.
    public init(
        _ task: Task, network: Task.Network, plan: TrainingPlan, folder: RunFolder,
        report: @escaping (TrainingEvent) -> Void
    ) throws {
        self.task = task
        self.plan = plan
        self.folder = folder
        self.report = report
        state = TrainingState(network: network, settings: plan.optimization)
        if let entry = try folder.checkpoints.newest(onDamage: { report(.note($0 + " Going back to the one before.")) }) {
            try state.restore(from: entry.file)
            report(.note("resuming after step \(state.step) of \(plan.optimization.steps)"))
            if let recorded = entry.file.metadata["data"], recorded != task.fingerprint {
                report(.note("the recordings or rooms differ from those the run began with: it goes on, but not as it would have"))
            }
        } else if folder.isResumed {
            report(.note("the run holds no checkpoint yet: starting from its beginning"))
        }
        log = try TrainingLog(path: folder.logPath, keepingThrough: state.step)
    }

    /// Updates made so far.
    public var step: Int { state.step }
    /// The averaged weights.
    public var averagedNetwork: Task.Network { state.averagedNetwork }

    /// Trains until the last step, the time limit or a wish to stop, and saves.
    public mutating func run(limits: TrainingLimits = .init()) throws -> TrainingOutcome {
        let optimization = plan.optimization
        let prefetcher = BatchPrefetcher(task, batchSize: optimization.batchSize, first: state.step)
        defer { prefetcher.stop() }
        var clock = RunClock(limit: limits.minutes.map { $0 * 60 }, firstStep: state.step, batchSize: optimization.batchSize)
        try validateIfDue(limits)
        while state.step < optimization.steps {
            if limits.shouldStop() { return try end(.interrupted(step: state.step)) }
            if clock.isOver { return try end(.outOfTime(step: state.step)) }
            let entry = try update(with: prefetcher.batch(state.step))
            try log.append(entry)
            report(.step(clock.progress(step: state.step, steps: optimization.steps, loss: entry.loss.map(Double.init))))
            try validateIfDue(limits)
            let everySteps = plan.checkpoints.steps
            if clock.secondsSinceSave > plan.checkpoints.minutes * 60 || (everySteps > 0 && state.step % everySteps == 0) {
                try save()
                clock.saved()
            }
        }
        return try end(limits.shouldStop() && !isValidated ? .interrupted(step: state.step) : .finished(step: state.step))
    }

    private func end(_ outcome: TrainingOutcome) throws -> TrainingOutcome {
        try save()
        return outcome
    }

    // MARK: Updating

    private mutating func update(with examples: [Task.Example]) throws -> StepEntry {
        let rate = plan.optimization.rate(at: state.step)
        let (loss, gradients) = try BatchGradient(plan: plan).compute(task, state.network, examples, step: state.step)
        var gradient = gradients
        let norm = gradient.clip(toNorm: plan.optimization.gradientNorm)
        let isFinite = loss.isFinite && norm.isFinite
        if isFinite {
            state.optimizer.update(&state.network, along: gradient, learningRate: rate)
            try task.refine(&state.network, after: examples, step: state.step + 1)
            state.average.update(with: state.network)
            state.skippedInARow = 0
        } else {
            state.skippedInARow += 1
            if state.skippedInARow >= 20 {
                throw TrainingError.diverged(step: state.step, what: "loss or gradient were not finite twenty times in a row")
            }
        }
        state.step += 1
        return StepEntry(
            step: state.step, loss: loss.isFinite ? Float(loss) : nil, gradientNorm: norm.isFinite ? norm : nil,
            learningRate: rate, skipped: isFinite ? nil : true)
    }

    // MARK: Measuring and saving

    private var isValidated: Bool { state.lastValidation == state.step }

    private var isValidationDue: Bool {
        let every = plan.validationInterval
        guard state.step > 0, !isValidated else { return false }
        return state.step == plan.optimization.steps || (every > 0 && state.step % every == 0)
    }

    /// A validation that is interrupted is made up for when the run resumes.
    private mutating func validateIfDue(_ limits: TrainingLimits) throws {
        guard isValidationDue else { return }
        let network = state.averagedNetwork
        let measured: Task.Report
        do {
            measured = try task.validate(network) { if limits.shouldStop() { throw CancellationError() } }
        } catch is CancellationError {
            return
        }
        try log.append(ValidationEntry(step: state.step, validation: measured))
        state.lastValidation = state.step
        let isBest = measured.merit > state.bestMerit
        if isBest {
            state.bestMerit = measured.merit
            try export(network, to: folder.bestPath, validation: measured)
        }
        report(.validation(step: state.step, measured, isBest: isBest))
    }

    private func save() throws {
        try log.synchronize()
        var metadata = state.metadata
        metadata["data"] = task.fingerprint
        let path = try folder.checkpoints.write(state.tensors(), metadata: metadata, step: state.step)
        try export(state.averagedNetwork, to: folder.modelPath, validation: nil)
        report(.checkpoint(path: path, step: state.step))
    }

    private func export(_ network: Task.Network, to path: String, validation: Task.Report?) throws {
        var metadata = try task.modelMetadata()
        metadata["training.step"] = String(state.step)
        if let validation { metadata["training.validation"] = validation.summary }
        try task.export(network, metadata: metadata, to: path)
    }
}
