import ArgumentParser
import MusicRL

/// Settings of tuning that the command line may change; the others are in a file of settings.
struct TuningOptions: ParsableArguments {
    @Option(help: "dragon, ppo, rloo or grpo with rewards; dpo, ipo, kto, cdpo, robust-dpo or simpo with --preferences.")
    var method: TuningConfiguration.Method?
    @Option(help: "Of dragon: dpo, ipo or kto.") var loss: TuningConfiguration.Dragon.Loss?
    @Option(help: "Of dragon: paired (by prompt) or unpaired.") var pairing: TuningConfiguration.Dragon.Pairing?
    @Option(help: "Of dragon: hard, or soft as the difference of rewards says.") var labels: TuningConfiguration.Dragon.Labels?
    @Flag(help: "Of dragon: learn from the best and the worst clip of each prompt alone; the others then cost little.") var extremes = false
    @Option(help: ArgumentHelp("Of dragon: the share of prompts that borrow one of the best clips of a round.", valueName: "share"))
    var exploration: Double?
    @Option(help: ArgumentHelp("Of losses of pairs: how much the likelihood of the better clip counts beside the choice.", valueName: "weight"))
    var likelihood: Double?
    @Option(help: ArgumentHelp("Times that the clips of a round are gone through.", valueName: "n")) var epochs: Int?
    @Option(help: "Rounds of clips, rewards and updates.") var rounds: Int?
    @Option(help: ArgumentHelp("Prompts of a round, or pairs of a file.", valueName: "n")) var promptsPerRound: Int?
    @Option(help: ArgumentHelp("Clips for each prompt of a round.", valueName: "n")) var samples: Int?
    @Option(parsing: .unconditional, help: ArgumentHelp("Length of the clips.", valueName: "seconds")) var duration: Double?
    @Option(parsing: .unconditional, help: "How strongly the model is held to its start.") var beta: Double?
    @Option(parsing: .unconditional, help: ArgumentHelp("Length of the updates.", valueName: "rate")) var learningRate: Float?
    @Option(help: "What is changed: low-rank (projections), norms (gains and offsets of normalisations) or both.")
    var adapters: TuningConfiguration.Adapters.Kind?
    @Option(help: ArgumentHelp("Rank of the changes of projections; 0 tunes all weights.", valueName: "r")) var rank: Int?
    @Option(help: ArgumentHelp("Of policy gradients: all, best, best-random or best-worst of a prompt's clips.", valueName: "rule"))
    var filtration: TuningConfiguration.PolicyGradient.Filtration?
    @Flag(help: "Of policy gradients: learn from what is worse than expected alone.") var onlyNegative = false
    @Option(help: ArgumentHelp("Of dragon and policy gradients: parts of a clip that are rewarded by themselves.", valueName: "n")) var segments: Int?
    @Option(help: ArgumentHelp("Of cdpo and robust-dpo: the share of choices thought wrong.", valueName: "share")) var flips: Double?
    @Option(parsing: .unconditional, help: "How freely codes are drawn, above 0.") var temperature: Double?
    @Option(parsing: .unconditional, help: "Draw from so many of the most probable codes; 0 is all.") var topK: Int?
    @Option(parsing: .unconditional, help: "Draw from the most probable codes up to this sum; 1 is all.") var topP: Double?
    @Option(parsing: .unconditional, help: "How strongly the text pulls; 1 is plain and half the work.") var guidance: Double?
    @Option(help: ArgumentHelp("Rounds between two measurements with held-out prompts.", valueName: "n")) var evalEvery: Int?
    @Option(help: ArgumentHelp("Held-out prompts that are measured with, at most.", valueName: "n")) var evalCount: Int?
    @Option(help: ArgumentHelp("Nats a clip by which the model may be away from its start.", valueName: "nats")) var klBudget: Double?
    @Option(help: ArgumentHelp("Measurements with worse --gold rewards after which the run ends.", valueName: "n")) var patience: Int?
    @Option(help: "Seed of all random numbers.") var seed: UInt64?

    func apply(_ settings: inout TuningConfiguration) throws {
        func set<Value>(_ value: Value?, _ path: WritableKeyPath<TuningConfiguration, Value>) {
            if let value { settings[keyPath: path] = value }
        }
        set(method, \.method); set(rounds, \.rounds); set(promptsPerRound, \.prompts); set(samples, \.samples)
        set(duration, \.seconds); set(beta, \.beta); set(seed, \.seed); set(rank, \.adapters.rank)
        set(adapters, \.adapters.kind)
        set(loss, \.dragon.loss); set(pairing, \.dragon.pairing); set(labels, \.dragon.labels)
        set(filtration, \.gradient.filtration); set(segments, \.gradient.segments); set(segments, \.dragon.segments); set(flips, \.preferences.flips)
        set(exploration, \.dragon.exploration); set(likelihood, \.preferences.likelihood); set(epochs, \.optimization.epochs)
        set(extremes ? true : nil, \.dragon.extremes)
        set(onlyNegative ? true : nil, \.gradient.onlyNegative)
        set(temperature, \.sampling.temperature); set(topK, \.sampling.topK)
        set(topP, \.sampling.topP); set(guidance, \.sampling.guidance)
        set(evalEvery, \.evaluation.every); set(evalCount, \.evaluation.prompts)
        set(klBudget, \.evaluation.divergenceBudget); set(patience, \.evaluation.patience)
        if let learningRate {
            settings.optimization.learningRate = learningRate
            settings.optimization.finalLearningRate = min(settings.optimization.finalLearningRate, learningRate)
        }
        // More than two clips make a group for policy gradients.
        if samples == nil, method?.isPolicyGradient == true, settings.samples < 4 { settings.samples = 4 }
    }
}
