import ArgumentParser
import ScoreDiffusion
import Training

/// What the commands that train on speech take.
struct TrainingOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A folder of clean speech, one folder inside it for each speaker.", valueName: "dir"))
    var speech: String
    @Option(help: ArgumentHelp("Speech for validation; without it a few speakers of --speech are held out.", valueName: "dir"))
    var validSpeech: String?
    @Option(help: ArgumentHelp("Noise for validation; without it a few recordings of --noise are held out.", valueName: "dir"))
    var validNoise: String?
    @OptionGroup var run: RunOptions

    static func validate(rooms: Int, from fewest: Int) throws {
        guard (fewest...100_000).contains(rooms) else {
            throw ValidationError("--rooms must be from \(fewest) to 100000, not \(rooms).")
        }
    }

    /// Trains an enhancer until the end, a signal or the time limit.
    func train(_ task: EnhancerTraining.Task, noise: String?, rooms: Int) throws {
        let folders = TrainingFolders(
            speech: speech, noise: noise, validationSpeech: validSpeech, validationNoise: validNoise, rooms: rooms)
        try run.train { run, report in try EnhancerTraining.execute(task, run, on: folders, report: report) }
    }

    /// Trains until the end, a signal or the time limit.
    func train(_ execute: (TrainingRun, @escaping (TrainingEvent) -> Void) throws -> TrainingOutcome) throws {
        try run.train(execute)
    }
}
