import ArgumentParser
import ModelLibrary
import NeuralCore
import ScoreDiffusion
import Training

/// What tuning an enhancer takes beside what all tuning does.
struct EnhancerTuningOptions: ParsableArguments {
    @Option(help: "Tune an enhancer for pesq, estoi or si-sdr.") var measure: RewardObjective.Measure?
    @Option(help: ArgumentHelp("A folder of clean speech, one folder inside it for each speaker.", valueName: "dir")) var speech: String?
    @Option(help: ArgumentHelp("A folder of noise recordings.", valueName: "dir")) var noise: String?
    @Option(help: ArgumentHelp("Speech for validation.", valueName: "dir")) var validSpeech: String?
    @Option(help: ArgumentHelp("Noise for validation.", valueName: "dir")) var validNoise: String?

    /// Whether it is an enhancer that is tuned.
    var isWanted: Bool { measure != nil || speech != nil || noise != nil }

    func validate() throws {
        guard isWanted else { return }
        if speech == nil || noise == nil { throw ValidationError("An enhancer is tuned on --speech and --noise: name both folders.") }
        if measure == .reward { throw ValidationError("--measure is pesq, estoi or si-sdr; rewards are named with --reward.") }
    }

    /// Tunes until the end, a signal or the time limit.
    ///
    /// - Parameter judge: with which it is tuned where no measure is named.
    func tune(_ model: String?, judge: (any SpeechJudge)?, _ request: RunRequest, _ console: Console) throws {
        if let threads = request.threads { ComputeThreads.count = threads }
        let file = try ModelStore().model(model, kind: .enhancer, or: .dereverberator, .streamingEnhancer)
        guard EnhancerModel.describes(file) else {
            throw CommandFailure("\(file.path) is a published model; enhancers of this package's own kind can be tuned.")
        }
        let folders = TrainingFolders(
            speech: speech ?? "", noise: noise, validationSpeech: validSpeech, validationNoise: validNoise)
        try RunOptions.run(request, console: console) { run, report in
            try EnhancerTuning.execute(file, measure: measure ?? .reward, judge: judge, run, on: folders, report: report)
        }
    }
}
