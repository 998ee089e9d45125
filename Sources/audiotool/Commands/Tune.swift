import Alignment
import ArgumentParser
import AudioEmbeddings
import Foundation
import ModelLibrary
import MusicRL
import NeuralCore
import ScoreDiffusion
import Training

extension RewardObjective.Measure: ExpressibleByArgument {}
extension TuningConfiguration.Method: ExpressibleByArgument {}
extension TuningConfiguration.Adapters.Kind: ExpressibleByArgument {}
extension TuningConfiguration.Dragon.Loss: ExpressibleByArgument {}
extension TuningConfiguration.Dragon.Pairing: ExpressibleByArgument {}
extension TuningConfiguration.Dragon.Labels: ExpressibleByArgument {}
extension TuningConfiguration.PolicyGradient.Filtration: ExpressibleByArgument {}

struct Tune: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tune a model of music with rewards or people's choices, or an enhancer with a measure or rewards.",
        discussion: """
            Examples:
              audiotool tune --prompts prompts.txt --reward studio.yaml --output runs/studio
              audiotool tune --prompts prompts.txt --reward vendi --method dragon --output runs/varied
              audiotool tune --prompts prompts.txt --reward taste.yaml --gold other.yaml --method rloo --output runs/taste
              audiotool tune --prompts prompts.txt --preferences choices.jsonl --method dpo --output runs/choices
              audiotool tune --model enhancer-16k --speech clean/ --noise noises/ --measure pesq --output runs/pesq
              audiotool tune --model enhancer-16k --speech clean/ --noise noises/ --reward studio.yaml --output runs/studio
              audiotool generate "a slow waltz" --model runs/studio/model.safetensors -o waltz.wav
              audiotool plot runs/studio -o curves.png

            A table tells while it runs how the reward, the divergence from the start and the clips of held-out prompts \
            develop; rewards under --gold are never tuned on and show when the others are only fooled. Ctrl-C saves the run \
            and --resume goes on with it, exactly. Probabilities are those of the clips as they were drawn, with their \
            temperature, guidance, top-k and top-p. Methods and settings are in docs/tuning.md.
            """)

    @Option(help: ArgumentHelp("An installed model (see 'audiotool models') or a file.", valueName: "name")) var model: String?
    @Option(help: ArgumentHelp("A .txt file with a prompt a line, for models of music.", valueName: "file"), completion: .file())
    var prompts: String?
    @Option(
        help: ArgumentHelp("Prompts that are only measured with; without it a fifth of --prompts is held out.", valueName: "file"),
        completion: .file())
    var evalPrompts: String?
    @OptionGroup(title: "Rewards") var rewards: RewardOptions
    @Option(help: ArgumentHelp("A .yaml file of rewards that are watched and never tuned on.", valueName: "file"), completion: .file())
    var gold: String?
    @Option(help: ArgumentHelp("A .jsonl file of choices between clips, for dpo, ipo, kto, cdpo, robust-dpo and simpo.", valueName: "file"), completion: .file())
    var preferences: String?
    @Option(name: .shortAndLong, help: ArgumentHelp("The folder of the run.", valueName: "dir")) var output: String
    @Flag(help: "Go on with the run in --output.") var resume = false
    @Option(help: ArgumentHelp("A JSON file of settings; what it leaves out keeps its default.", valueName: "file"), completion: .file())
    var config: String?
    @OptionGroup(title: "Settings") var settings: TuningOptions
    @OptionGroup(title: "Enhancers") var enhancer: EnhancerTuningOptions
    @Option(help: "Stop after so many minutes; --resume goes on later.") var minutes: Double?
    @Flag(help: "Write no report.html with clips of before and after.") var noReport = false
    @Option(help: "Threads, all cores if left out. The result is the same for any number.") var threads: Int?
    @OptionGroup(title: "Common options") var common: CommonOptions

    func validate() throws {
        if let minutes, !(minutes > 0) { throw ValidationError("--minutes must be above 0, not \(minutes).") }
        if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads must be from 1 to 1024, not \(threads).") }
        if enhancer.isWanted {
            guard prompts == nil, preferences == nil, gold == nil else {
                throw ValidationError("With --speech and --noise an enhancer is tuned, which knows no --prompts, --preferences or --gold.")
            }
            guard (enhancer.measure == nil) != rewards.reward.isEmpty else {
                throw ValidationError("An enhancer is tuned for a --measure or for --reward: name one of them.")
            }
            return
        }
        guard prompts != nil else {
            throw ValidationError("Name a file of prompts with --prompts, or --speech and --noise to tune an enhancer.")
        }
        let method = settings.method ?? .dragon
        if config == nil, !resume {
            if method.isOffline, preferences == nil { throw ValidationError("--method \(method.rawValue) needs --preferences.") }
            if !method.isOffline, rewards.reward.isEmpty { throw ValidationError("--method \(method.rawValue) needs --reward.") }
        }
    }

    func run() throws {
        if let threads { ComputeThreads.count = threads }
        let console = Console(isQuiet: common.quiet)
        defer { console.clearProgress() }
        if enhancer.isWanted {
            let request = RunRequest(
                output: output, resume: resume, config: config, minutes: minutes, threads: threads, seed: settings.seed,
                rounds: settings.rounds)
            return try enhancer.tune(model, judge: try judge(console), request, console)
        }
        let interruption = Interruption()
        do {
            try tune(console) { interruption.isRequested }
        } catch is CancellationError {
            console.clearProgress()
            console.note("Interrupted: nothing was begun.")
            throw ExitCode(130)
        }
    }

    private func tune(_ console: Console, isCancelled: @escaping @Sendable () -> Bool) throws {
        let prompts = prompts ?? ""
        let lines = try TextLines.read(prompts), heldOut = try evalPrompts.map(TextLines.read)
        let choices = try preferences.map(PreferenceFile.init(reading:))
        let model = try GenerationJob.music(model)
        var defaults = TuningConfiguration()
        defaults.sampling = model.sampling
        let configuration = try MusicTuning.settings(
            output: output, resume: resume, defaults: defaults, file: config, change: settings.apply)
        let context = rewards.context { done, name in
            if isCancelled() { throw CancellationError() }
            console.progress("reference \(done): \(name)")
        }
        var tuning = MusicTuning(model: model, output: output)
        tuning.resume = resume
        tuning.prompts = try TuningPrompts(lines, heldOut: heldOut, count: configuration.evaluation.prompts, seed: configuration.seed)
        tuning.rewards = try rewards.set(context)
        tuning.gold = try gold.map { try RewardSetFile.read($0, context: context) }
        tuning.preferences = choices
        tuning.limits = TrainingLimits(minutes: minutes, shouldStop: isCancelled)
        tuning.fingerprint = try fingerprint()
        let display = TuningDisplay(console: console)
        let outcome = try tuning.execute(configuration) { display.show($0) }
        let ending = TuningEnding(outcome: outcome, output: output)
        if !noReport, !isCancelled() {
            console.progress("report.html")
            try TuningPage(output: output, start: model, settings: configuration, prompts: tuning.prompts?.heldOut ?? [], isCancelled: isCancelled)
                .write()
        }
        console.clearProgress()
        console.note(ending.line)
        if ending.isInterrupted { throw ExitCode(130) }
    }

    /// What an enhancer is tuned for; nil where no reward is named.
    private func judge(_ console: Console) throws -> RewardSetJudge? {
        let context = rewards.context { done, name in console.progress("reference \(done): \(name)") }
        let names = rewards.reward.filter { !RewardOptions.isFile($0) } + [rewards.encoder, rewards.reference].compactMap { $0 }
        return try rewards.set(context).map { RewardSetJudge(rewards: $0, fingerprint: try ([fingerprint()] + names).joined(separator: "-")) }
    }

    /// Of all files that a run works with.
    private func fingerprint() throws -> String {
        let files = [prompts, evalPrompts, gold, preferences].compactMap { $0 } + rewards.reward.filter(RewardOptions.isFile)
        return try files.map { String(try SHA256.digest(ofFile: $0).prefix(12)) }.joined(separator: "-")
    }
}

/// How a run ended, in a line.
struct TuningEnding {
    let line: String
    let isInterrupted: Bool

    init(outcome: TuningOutcome, output: String) {
        let model = output + "/model.safetensors"
        switch outcome {
        case .finished(let step): (line, isInterrupted) = ("finished after round \(step): \(model)", false)
        case .stopped(let step, let reason): (line, isInterrupted) = ("stopped after round \(step): \(reason). \(model)", false)
        case .outOfTime(let step): (line, isInterrupted) = ("time is up after round \(step) and the run is saved; --resume goes on", false)
        case .interrupted(let step): (line, isInterrupted) = ("interrupted after round \(step) and saved; --resume goes on", true)
        }
    }
}
