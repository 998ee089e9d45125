import ArgumentParser
import Foundation
import NeuralCore
import Training

/// What all training commands take.
struct RunOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A JSON file of settings; what it leaves out keeps its default.", valueName: "file"))
    var config: String?
    @Option(name: .shortAndLong, help: ArgumentHelp("The folder of the run.", valueName: "dir"))
    var output: String
    @Flag(help: "Go on with the run in --output.")
    var resume = false
    @Option(name: .customLong("init"), help: ArgumentHelp("A model to start from instead of random weights.", valueName: "model"))
    var initialModel: String?
    @Option(help: "Updates of the weights in the whole run.")
    var steps: Int?
    @Option(help: "Stop after so many minutes; --resume goes on later.")
    var minutes: Double?
    @Option(help: "Seed of all random numbers.")
    var seed: UInt64?
    @Option(help: "Threads, all cores if left out.")
    var threads: Int?
    @OptionGroup(title: "Common options") var common: CommonOptions

    func validate() throws {
        if let steps, steps < 1 { throw ValidationError("--steps must be at least 1, not \(steps).") }
        if let minutes, !(minutes > 0) { throw ValidationError("--minutes must be above 0, not \(minutes).") }
        if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads must be from 1 to 1024, not \(threads).") }
        if resume, initialModel != nil { throw ValidationError("--init starts a run and cannot be combined with --resume.") }
    }

    /// Trains until the end, a signal or the time limit.
    func train(_ execute: (TrainingRun, @escaping (TrainingEvent) -> Void) throws -> TrainingOutcome) throws {
        let request = RunRequest(
            output: output, resume: resume, config: config, minutes: minutes, threads: threads, seed: seed, rounds: steps,
            initialModel: initialModel)
        try Self.run(request, console: Console(isQuiet: common.quiet), execute)
    }

    static func run(
        _ request: RunRequest, console: Console, _ execute: (TrainingRun, @escaping (TrainingEvent) -> Void) throws -> TrainingOutcome
    ) throws {
        if let threads = request.threads { ComputeThreads.count = threads }
        let interruption = Interruption()
        var run = TrainingRun(output: request.output)
        (run.configuration, run.resume, run.initialModel) = (request.config, request.resume, request.initialModel)
        (run.steps, run.seed) = (request.rounds, request.seed)
        run.limits = TrainingLimits(minutes: request.minutes) { interruption.isRequested }
        let display = TrainingDisplay(console: console)
        defer { console.clearProgress() }
        let outcome: TrainingOutcome
        do {
            outcome = try execute(run) { display.show($0) }
        } catch is CancellationError {
            throw ExitCode(130)
        }
        switch outcome {
        case .finished(let step): console.note("finished after step \(step): \(request.output)/best.safetensors")
        case .outOfTime(let step): console.note("time is up after step \(step) and the run is saved; --resume goes on")
        case .interrupted(let step):
            console.note("interrupted after step \(step) and saved; --resume goes on")
            throw ExitCode(130)
        }
    }
}

/// A run as the command line asks for it.
struct RunRequest {
    var output: String
    var resume = false
    var config: String?
    var minutes: Double?
    var threads: Int?
    var seed: UInt64?
    /// Updates of the weights in the whole run.
    var rounds: Int?
    var initialModel: String?
}
