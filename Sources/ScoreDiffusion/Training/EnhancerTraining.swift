import NeuralCore

/// Trains the default model, ``EnhancerNetwork`` on a bridge.
public enum EnhancerTraining {
    public typealias Configuration = TrainingConfiguration<EnhancerModel.Configuration, EnhancerLoss.Weights>

    public static func execute(_ run: TrainingRun, report: @escaping (TrainingEvent) -> Void) throws -> TrainingOutcome {
        try run.execute(
            defaults: Configuration(model: .init(), loss: .init()),
            objective: { try EnhancerObjective($0.model, weights: $0.loss) },
            network: { EnhancerNetwork($0.model.network, using: &$1) }, report: report)
    }
}
