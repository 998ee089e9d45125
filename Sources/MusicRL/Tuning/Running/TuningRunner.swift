import Alignment
import Foundation
import NeuralCore
import Training

/// Tunes a policy: draws clips, has them judged, updates, measures, saves.
///
/// The weights after a round depend on the settings, the prompts, the rewards and the first weights alone: not on the
/// number of threads, on when checkpoints were taken, nor on how often the run was interrupted.
struct TuningRunner {
    /// What a run works on.
    struct Material: Sendable {
        var prompts: [String]
        /// The states of each prompt's text.
        var texts: [TextStates?]
        /// Numbers of the prompts that are tuned on, and of those that are held out.
        var training: [Int]
        var heldOut: [Int]
        var judge: (any ClipJudge)?
        var preferences: PreferenceSet?
        var window: TokenGenerator.Window
        var frames: Int
    }

    let settings: TuningConfiguration
    let material: Material
    let folder: RunFolder
    /// Writes a decoder as a model that can be used.
    let export: (MusicGenDecoder, _ path: String, _ step: Int) throws -> Void
    let report: (TuningEvent) -> Void
    let scorer: PolicyScorer
    let generator: RolloutGenerator
    private let heldOut: HeldOut
    private let log: TrainingLog
    var state: TuningState
    /// The mean of the start's rewards, and their deviation among clips of one prompt.
    var scale = (mean: 0.0, deviation: 1.0)
    private var startClips: HeldOut.Clips?
    private var lastSave = Date()
    /// What the run works with, and what it worked with when its checkpoint was written.
    private var fingerprint = "", restored: String?

    init(
        _ settings: TuningConfiguration, decoder: MusicGenDecoder, material: Material, folder: RunFolder,
        export: @escaping (MusicGenDecoder, String, Int) throws -> Void, report: @escaping (TuningEvent) -> Void
    ) throws {
        try settings.validate()
        (self.settings, self.material, self.folder, self.export, self.report) = (settings, material, folder, export, report)
        guard material.frames <= material.window.length else {
            throw TuningError.noProbabilities(
                setting: "Clips of \(settings.seconds) s",
                reason: "the model hears \(material.window.length) frames at once, and what is made of several stretches has no one probability")
        }
        scorer = PolicyScorer(
            distribution: try SampledDistribution(settings.sampling), pattern: decoder.configuration.pattern,
            texts: material.texts, chunk: settings.optimization.clipsAtOnce)
        generator = RolloutGenerator(
            sampling: settings.sampling, window: material.window, frames: material.frames, texts: material.texts)
        heldOut = HeldOut(prompts: material.heldOut, seed: settings.seed, seconds: settings.seconds)
        var random = RandomPurpose.weights.generator(run: settings.seed)
        let policy = TunedPolicy(
            decoder, adapters: settings.adapters, predictsReturns: settings.method == .ppo, using: &random)
        state = TuningState(policy: policy, settings: settings)
        if let entry = try folder.checkpoints.newest(onDamage: { report(.note($0 + " Going back to the one before.")) }) {
            try state.restore(from: entry.file)
            restored = entry.file.metadata["data"]
            report(.note("resuming after round \(state.round) of \(settings.rounds)"))
        } else if folder.isResumed {
            report(.note("the run holds no checkpoint yet: starting from its beginning"))
        }
        try Self.dropMeasurements(after: state.lastMeasurement, from: folder.logPath)
        log = try TrainingLog(path: folder.logPath, keepingThrough: state.round)
    }

    /// Takes out of a log the measurements that were made after the checkpoint and will be made again.
    private static func dropMeasurements(after step: Int, from path: String) throws {
        guard let data = FileManager.default.contents(atPath: path) else { return }
        let newline = UInt8(ascii: "\n"), lines = data.split(separator: newline)
        let kept = lines.filter { line in
            (try? JSONDecoder().decode(MeasurementEntry.self, from: line)).map { $0.step <= step } ?? true
        }
        guard kept.count < lines.count else { return }
        do {
            try Data(kept.map { $0 + [newline] }.joined()).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw TrainingError.cannotWrite(path: path, reason: error.localizedDescription)
        }
    }

    /// Says so where a resumed run works with something else than before.
    mutating func differs(from fingerprint: String) -> String? {
        self.fingerprint = fingerprint
        return restored == nil || restored == fingerprint
            ? nil : "the model, prompts, rewards or preferences differ from those the run began with: it goes on, but not as it would have"
    }

    /// Tunes until the last round, a reason to stop, the time limit or a wish to, and saves.
    mutating func run(limits: TrainingLimits = .init()) throws -> TuningOutcome {
        let begun = Date()
        do {
            try measureStart(limits)
            try measureIfDue(limits)
            while state.round < settings.rounds {
                if let reason = reasonToStop { return try end(.stopped(step: state.round, reason: reason)) }
                if limits.shouldStop() { return try end(.interrupted(step: state.round)) }
                if let minutes = limits.minutes, Date().timeIntervalSince(begun) >= 60 * minutes {
                    return try end(.outOfTime(step: state.round))
                }
                let entry = try round(limits)
                state.round += 1
                try log.append(entry)
                report(.round(entry, of: settings.rounds))
                try measureIfDue(limits)
                try saveIfDue()
            }
            if let reason = reasonToStop { return try end(.stopped(step: state.round, reason: reason)) }
            return try end(.finished(step: state.round))
        } catch is CancellationError {
            return try end(.interrupted(step: state.round))
        } catch {
            // What the finished rounds have learned is not lost.
            if state.round > 0 { try? save() }
            throw error
        }
    }

    // MARK: Measuring

    private mutating func measureStart(_ limits: TrainingLimits) throws {
        guard startClips == nil else { return }
        let clips = try heldOutClips(of: nil, "the start's held-out clips", limits)
        startClips = clips
        guard settings.gradient.standardizes, let judge = material.judge, let rewards = clips.judgement?.trained.clips else { return }
        let repeats = try generator.generate(heldOut.repeats, by: state.policy.start) { try checked($0, "the start's second clips", limits) }
        let judgement = try judge.judge(repeats, names: heldOut.names(material.prompts), isHeldOut: false)
        scale = HeldOut.scale(rewards, repeats: judgement.trained.clips ?? [])
    }

    /// - Parameter changed: nil for the start.
    private func heldOutClips(of changed: MusicGenDecoder?, _ label: String, _ limits: TrainingLimits) throws -> HeldOut.Clips {
        let decoder = changed ?? state.policy.start
        let generated = try generator.generate(heldOut.requests, by: decoder) { try checked($0, label, limits) }
        let (clips, own) = scorer.drawn(generated, by: decoder)
        let base = changed == nil ? own : scorer.scores(clips, by: state.policy.start)
        let judgement = try material.judge?.judge(clips, names: heldOut.names(material.prompts), isHeldOut: true)
        return HeldOut.Clips(clips: clips, judgement: judgement, own: own, base: base)
    }

    /// A measurement that was interrupted is made up for when the run resumes.
    private mutating func measureIfDue(_ limits: TrainingLimits) throws {
        let isDue = state.round % settings.evaluation.every == 0 || state.round == settings.rounds
        guard isDue, let start = startClips, state.lastMeasurement != state.round else { return }
        let now = state.round == 0 ? start : try heldOutClips(of: state.policy.decoder, "held-out clips", limits)
        let measurement = try heldOut.measurement(now, start: start)
        try log.append(MeasurementEntry(step: state.round, measurement: measurement))
        state.lastMeasurement = state.round
        let merit = material.judge == nil ? -Double(state.round) : measurement.reward.value
        let isBest = state.round > 0 && merit > state.bestMerit
        if isBest {
            state.bestMerit = merit
            try export(state.policy.decoder, folder.bestPath, state.round)
        }
        watch(measurement)
        report(.measurement(step: state.round, measurement, isBest: isBest))
        warn(measurement)
    }

    /// Holds a measurement against the divergence budget, and counts those at which the watched rewards win less often than
    /// at their best by more than chance.
    private mutating func watch(_ measurement: TuningMeasurement) {
        let budget = settings.evaluation.divergenceBudget
        if budget > 0, measurement.divergence > budget { state.overBudget = measurement.divergence }
        let gold = measurement.gold
        guard !gold.isEmpty else { return }
        let wins = gold.reduce(0) { $0 + $1.reward.winRate } / Double(gold.count)
        if wins > state.bestGold {
            (state.bestGold, state.worseMeasurements) = (wins, 0)
        } else if wins < state.bestGold - 0.5 / Double(measurement.clips).squareRoot() {
            state.worseMeasurements += 1
        }
    }

    private func warn(_ measurement: TuningMeasurement) {
        let error = measurement.divergenceError
        if measurement.signedDivergence < -3 * error, measurement.signedDivergence < -1e-6 {
            report(.note(String(
                format: "The divergence by its signed estimate is %.3g ± %.2g: below 0 by more than chance, so something is scored that was not drawn so.",
                measurement.signedDivergence, error)))
        }
        if let diversity = measurement.diversity, let first = startClips?.judgement?.diversity, diversity < 0.5 * first {
            report(.note(String(format: "The clips are less different than the start's: in effect %.1f instead of %.1f.", diversity, first)))
        }
        if let start = startClips {
            let before = start.clips.reduce(0) { $0 + HeldOut.repetition($1) } / Double(start.clips.count)
            if measurement.repetition > before + 0.3 {
                report(.note(String(format: "The clips repeat themselves: %.0f %% of their pieces instead of %.0f %%.", 100 * measurement.repetition, 100 * before)))
            }
        }
    }

    private var reasonToStop: String? {
        let rules = settings.evaluation
        if state.roundsWithoutSignal >= rules.roundsWithoutSignal {
            return "in \(state.roundsWithoutSignal) rounds no two clips of a prompt had different rewards, so there is nothing to learn"
        }
        if rules.patience > 0, state.worseMeasurements >= rules.patience {
            return "the watched rewards have fallen \(state.worseMeasurements) times while the trained one is raised"
        }
        return state.overBudget.map {
            String(format: "the divergence is %.3g nats a clip, above the budget of %.3g", $0, rules.divergenceBudget)
        }
    }

    // MARK: Saving

    private mutating func saveIfDue() throws {
        let rule = settings.checkpoints
        let isDue = rule.steps > 0 && state.round % rule.steps == 0 || Date().timeIntervalSince(lastSave) > rule.minutes * 60
        guard isDue else { return }
        try save()
        lastSave = Date()
    }

    private func end(_ outcome: TuningOutcome) throws -> TuningOutcome {
        try save()
        try export(state.policy.decoder, folder.modelPath, state.round)
        return outcome
    }

    private func save() throws {
        try log.synchronize()
        var metadata = state.metadata
        metadata["data"] = fingerprint
        let path = try folder.checkpoints.write(state.tensors(), metadata: metadata, step: state.round)
        report(.checkpoint(path: path, step: state.round))
    }

    func checked(_ share: Double, _ label: String, _ limits: TrainingLimits) throws {
        if limits.shouldStop() { throw CancellationError() }
        report(.progress(label, share))
    }
}
