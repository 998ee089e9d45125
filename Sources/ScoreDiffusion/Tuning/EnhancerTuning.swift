import ModelLibrary
import Training

/// Tunes an installed enhancer for a measure or rewards.
public enum EnhancerTuning {
    public typealias Configuration = TrainingConfiguration<EnhancerModel.Configuration, RewardObjective.Settings>

    /// Settings for all that a configuration file leaves out.
    public static func defaults(_ model: EnhancerModel, measure: RewardObjective.Measure) -> Configuration {
        var settings = Configuration(model: model.configuration, loss: RewardObjective.Settings())
        settings.loss.measure = measure
        settings.mixtures.seconds = 3
        settings.mixtures.noiseOnly = 0
        (settings.optimization.steps, settings.optimization.batchSize) = (80, 8)
        (settings.optimization.learningRate, settings.optimization.finalLearningRate) = (3e-4, 3e-5)
        (settings.optimization.warmUpSteps, settings.optimization.averageDecay) = (20, 0.98)
        // The shipped models start where sampling does.
        settings.optimization.endTimeShare = 0.75
        (settings.validation.every, settings.validation.mixtures) = (10, 24)
        return settings
    }

    /// - Parameter judge: where `measure` is ``RewardObjective/Measure/reward``.
    /// - Throws: `ModelError` for a model of another kind.
    public static func execute(
        _ file: ModelFile, measure: RewardObjective.Measure, judge: (any SpeechJudge)? = nil, _ run: TrainingRun, on folders: TrainingFolders,
        report: @escaping (TrainingEvent) -> Void
    ) throws -> TrainingOutcome {
        let model = try EnhancerModel(file), kind = ModelFile.Kind(rawValue: file.kind) ?? .enhancer
        return try run.execute(
            on: folders, defaults: defaults(model, measure: measure),
            objective: { settings in
                guard settings.model == model.configuration else {
                    throw TrainingError.invalidSetting("model", "must be that of \(file.path): tuning does not change it")
                }
                return try RewardObjective(settings.model, settings: settings.loss, start: model.network, kind: kind, judge: judge)
            },
            network: { _, _ in model.network }, report: report)
    }
}
