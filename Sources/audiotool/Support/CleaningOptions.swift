import ArgumentParser
import AudioDSP
import Foundation
import NeuralCore
import ScoreDiffusion

/// What the commands that clean recordings take, and what they do.
struct CleaningOptions: ParsableArguments {
    @Argument(
        help: ArgumentHelp("Recordings or folders; - is standard input.", valueName: "input"), completion: .file())
    var inputs: [String]
    @Option(
        name: .shortAndLong, help: ArgumentHelp("A file, a folder, or - for standard output.", valueName: "path"),
        completion: .file())
    var output: String?
    @Option(help: ArgumentHelp("Attenuate noise by at most so much, 0 to 100.", valueName: "dB"))
    var attenuationLimit: Double?
    @Option(help: ArgumentHelp("An installed model (see 'audiotool models') or a file.", valueName: "name"))
    var model: String?
    @Option(help: "Seed of the random numbers; the same seed gives the same samples.") var seed: UInt64 = 0
    @Option(help: "Threads; all cores if left out.") var threads: Int?
    @Option(help: ArgumentHelp("Write at this sample rate instead of the input's.", valueName: "Hz")) var rate: Int?
    @Flag(help: "Leave out recordings whose output is there already.") var skipExisting = false
    @Flag(help: "Clean what is there of a file that breaks off.") var allowTruncated = false
    @Flag(help: "Print the results as JSON.") var json = false
    @OptionGroup(title: "Sampling, otherwise as the model has it") var sampler: SamplerFlags
    @OptionGroup var common: CommonOptions

    func validate() throws {
        if inputs.isEmpty { throw ValidationError("Name at least one recording.") }
        if let threads, !(1...1024).contains(threads) {
            throw ValidationError("--threads must be from 1 to 1024, not \(threads).")
        }
        if let rate, !AudioFileLimits.sampleRates.contains(rate) {
            throw ValidationError("--rate must be from 1000 to 768000, not \(rate).")
        }
        if let attenuationLimit, !(0...100).contains(attenuationLimit) {
            throw ValidationError("--attenuation-limit must be from 0 to 100, not \(attenuationLimit).")
        }
    }

    /// Cleans everything.
    ///
    /// - Parameters:
    ///   - kind: what the model must do; an imported one may do anything.
    ///   - suffix: street.wav becomes street`suffix`.wav where no output is named.
    func run(_ kind: ModelFile.Kind, suffix: String) throws {
        let plan = try OutputPlan(inputs: inputs, output: output, suffix: suffix)
        let writesToStandardOutput = plan.jobs.contains { $0.output == "-" }
        if json, writesToStandardOutput {
            throw ValidationError("--json and the sound cannot both go to standard output.")
        }
        if skipExisting, let job = plan.jobs.first(where: OutputPlan.isInPlace) {
            throw ValidationError("--skip-existing would skip \(job.input), which is its own output.")
        }
        signal(SIGPIPE, SIG_IGN)
        if let threads { ComputeThreads.count = threads }
        let console = Console(isQuiet: common.quiet)
        let file = try ModelStore().model(model, kind: kind, or: .published)
        var options = SpeechEnhancer.Options()
        (options.seed, options.attenuationLimit) = (seed, attenuationLimit)
        let enhancer = SpeechEnhancer(model: try file.speechModel(sampler.options), options: options)
        if common.verbose {
            console.note("model \(file.name), \(enhancer.model.defaultSteps) steps, seed \(seed), \(ComputeThreads.count) threads")
        }
        if plan.ignored > 0 { console.note("\(plan.ignored) files that are no audio are left out") }

        var session = EnhanceSession(
            enhancer: enhancer, console: console, interruption: Interruption(), rate: rate,
            truncation: allowTruncated ? .accept : .refuse, skipsExisting: skipExisting,
            printsResults: !json && !common.quiet && !writesToStandardOutput)
        try session.run(plan.jobs)
        if json { try JSONOutput.print(session.summary) }
        try session.conclude()
    }
}
