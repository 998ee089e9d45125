import AudioDSP
import ModelLibrary
import NeuralCore
import Training

/// Trains the light models, ``EnhancerNetwork`` on a bridge.
public enum EnhancerTraining {
    public typealias Configuration = TrainingConfiguration<EnhancerModel.Configuration, EnhancerLoss.Weights>

    /// What a model learns to remove.
    public enum Task: Sendable {
        /// Noise, and some reverberation where rooms are simulated.
        case denoising
        /// The reverberation that arrives 50 ms after the direct sound and later.
        case dereverberation

        var kind: ModelFile.Kind {
            switch self {
            case .denoising: .enhancer
            case .dereverberation: .dereverberator
            }
        }

        /// Settings for all that a configuration file leaves out.
        public var defaults: Configuration {
            var settings = Configuration(model: .init(), loss: .init())
            guard self == .dereverberation else { return settings }
            settings.model.name = "dereverb-16k"
            settings.model.purpose = "Removes reverberation from speech."
            settings.model.linearPrediction = LinearPrediction()
            settings.mixtures.seconds = 3
            settings.mixtures.snr = Interval(10, 40)
            settings.mixtures.clean = 0.7
            settings.mixtures.rooms = 0.95
            settings.mixtures.reverberationTime = Interval(0.2, 1.4)
            settings.mixtures.talkerDistance = Interval(0.5, 4)
            (settings.validation.rooms, settings.validation.clean) = (1, 1)
            return settings
        }
    }

    public static func execute(
        _ task: Task, _ run: TrainingRun, on folders: TrainingFolders, report: @escaping (TrainingEvent) -> Void
    ) throws -> TrainingOutcome {
        try run.execute(
            on: folders, defaults: task.defaults,
            objective: { try EnhancerObjective($0.model, weights: $0.loss, kind: task.kind) },
            network: { EnhancerNetwork($0.model.network, using: &$1) }, report: report)
    }
}
