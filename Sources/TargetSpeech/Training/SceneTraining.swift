import NeuralCore
import Training

/// Trains the networks that work on binaural scenes.
public enum SceneTraining {
    /// Trains an extractor of a design from settings that a configuration file may change.
    ///
    /// - Parameter teacher: made when everything that can be refused without reading recordings has been.
    public static func extractor<Network: ExtractorNetwork>(
        _ run: TrainingRun, defaults: SceneTrainingConfiguration<Network.Configuration>, on folders: SceneTrainingFolders,
        as design: Network.Type, teacher: () throws -> VoiceTeacher, report: @escaping (TrainingEvent) -> Void
    ) throws -> TrainingOutcome {
        try execute(run, defaults: defaults, on: folders, teacher: teacher, report: report) { settings, data, teacher in
            try ExtractorTask<Network>(
                settings.model, data: data, teacher: teacher, voices: settings.voices, loss: settings.loss,
                validation: settings.validation)
        }
    }

    /// Trains an enrolment network, as ``extractor(_:defaults:on:as:teacher:report:)`` does an extractor.
    public static func enrollment<Network: EnrollingNetwork>(
        _ run: TrainingRun, defaults: SceneTrainingConfiguration<Network.Configuration>, on folders: SceneTrainingFolders,
        as design: Network.Type, teacher: () throws -> VoiceTeacher, report: @escaping (TrainingEvent) -> Void
    ) throws -> TrainingOutcome {
        try execute(
            run, defaults: defaults, on: folders, teacher: teacher, report: report,
            check: {
                guard $0.loss == ExtractionLossSettings() else {
                    throw TrainingError.invalidSetting("loss", "is of extractors; an enrolment network has no such choice")
                }
            }
        ) { settings, data, teacher in
            try EnrollmentTask<Network>(
                settings.model, data: data, teacher: teacher, voices: settings.voices, validation: settings.validation)
        }
    }

    private static func execute<Task: TrainingTask, Configuration>(
        _ run: TrainingRun, defaults: SceneTrainingConfiguration<Configuration>, on folders: SceneTrainingFolders,
        teacher: () throws -> VoiceTeacher, report: @escaping (TrainingEvent) -> Void,
        check: (SceneTrainingConfiguration<Configuration>) throws -> Void = { _ in },
        task: @escaping (SceneTrainingConfiguration<Configuration>, SceneTrainingData, VoiceTeacher) throws -> Task
    ) throws -> TrainingOutcome where Task.Network: ConfiguredNetwork, Task.Network.Configuration == Configuration {
        let limits = run.limits
        return try run.execute(
            defaults: defaults, network: { Task.Network($0.model, using: &$1) },
            task: { settings in
                try check(settings)
                let teacher = try teacher()
                return { _ in
                    let data = try SceneTrainingData(
                        folders, settings: settings.scenes, heldOut: settings.validation.heldOut, seed: settings.seed,
                        report: { report(.note($0)) },
                        checkCancelled: { if limits.shouldStop() { throw CancellationError() } })
                    return try task(settings, data, teacher)
                }
            }, report: report)
    }
}
