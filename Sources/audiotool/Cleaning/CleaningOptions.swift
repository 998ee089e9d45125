import ArgumentParser
import AudioDSP
import Foundation
import ModelLibrary
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
    @Option(help: "Threads in all; all cores if left out.") var threads: Int?
    @Option(help: "Recordings cleaned side by side; each needs its memory, none more than a thread.") var jobs = 1
    @Flag(help: "Give all channels one level, gain of high bands and seed, so that a stereo image stays.")
    var linkChannels = false
    @Option(help: ArgumentHelp("Write at this sample rate instead of the input's.", valueName: "Hz")) var rate: Int?
    @Flag(help: "Leave out recordings whose output is there already.") var skipExisting = false
    @Flag(help: "Clean what is there of a file that breaks off.") var allowTruncated = false
    @Flag(help: "Print the results as JSON.") var json = false
    @OptionGroup(title: "Sampling, otherwise as the model has it") var sampler: SamplerFlags
    @Option(help: ArgumentHelp("Make so many versions from different noise and keep the one that --reward likes best.", valueName: "n"))
    var noiseSearch: Int?
    @OptionGroup(title: "What --noise-search likes") var rewards: RewardOptions
    @OptionGroup var common: CommonOptions

    func validate() throws {
        if inputs.isEmpty { throw ValidationError("Name at least one recording.") }
        if let threads, !(1...1024).contains(threads) {
            throw ValidationError("--threads must be from 1 to 1024, not \(threads).")
        }
        guard (1...256).contains(jobs) else { throw ValidationError("--jobs must be from 1 to 256, not \(jobs).") }
        if let rate, !AudioFileLimits.sampleRates.contains(rate) {
            throw ValidationError("--rate must be from 1000 to 768000, not \(rate).")
        }
        if let noiseSearch, !(2...10_000).contains(noiseSearch) {
            throw ValidationError("--noise-search must be from 2 to 10000, not \(noiseSearch).")
        }
        if (noiseSearch == nil) != rewards.reward.isEmpty { throw ValidationError("--noise-search and --reward go together.") }
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
        let allThreads = ComputeThreads.count, workers = min(jobs, allThreads, plan.jobs.count)
        // Every worker is a thread; the others help whichever of them is in a parallel loop.
        ComputeThreads.count = allThreads - workers + 1
        let console = Console(isQuiet: common.quiet)
        let file = try ModelStore().model(model, kind: kind, or: .published)
        var options = SpeechEnhancer.Options()
        (options.seed, options.attenuationLimit, options.linksChannels) = (seed, attenuationLimit, linkChannels)
        let enhancer = SpeechEnhancer(model: try file.speechModel(sampler.options), options: options)
        if common.verbose {
            let atOnce = workers > 1 ? ", \(workers) recordings at once" : ""
            console.note("model \(file.name), \(enhancer.model.defaultSteps) steps, seed \(seed), \(allThreads) threads\(atOnce)")
        }
        if plan.ignored > 0 { console.note("\(plan.ignored) files that are no audio are left out") }

        let cleaner = RecordingCleaner(
            enhancer: enhancer, rate: rate, truncation: allowTruncated ? .accept : .refuse)
        let session = CleaningSession(
            plan.jobs, worker: try searching(cleaner, console) ?? cleaner, console: console, interruption: Interruption(), skipsExisting: skipExisting,
            printsResults: !json && !common.quiet && !writesToStandardOutput)
        session.run(workers: workers)
        if json { try JSONOutput.print(session.report) }
        try session.conclude()
    }

    /// nil where nothing is searched for.
    private func searching(_ cleaner: RecordingCleaner, _ console: Console) throws -> SearchingCleaner? {
        guard let noiseSearch else { return nil }
        let context = rewards.context { done, name in console.progress("reference \(done): \(name)") }
        guard let set = try rewards.set(context) else { return nil }
        guard set.kind != .distribution else {
            throw CommandFailure("\(set.name) is of whole sets of recordings; versions of one recording need a reward that each has.")
        }
        return SearchingCleaner(cleaner: cleaner, rewards: set, versions: noiseSearch)
    }
}
