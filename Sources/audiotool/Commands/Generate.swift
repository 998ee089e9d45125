import ArgumentParser
import Foundation
import ModelLibrary
import MusicRL
import NeuralCore

extension WeightPrecision: ExpressibleByArgument {}

struct Generate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make music from a description.",
        discussion: """
            Examples:
              audiotool generate "a slow waltz for solo piano" -o waltz.wav
              audiotool generate "lo-fi beat, 85 bpm" -o beat.wav --duration 20 --count 4     (beat-1.wav … beat-4.wav)
              audiotool generate "strings join in" --continue-from waltz.wav -o longer.wav
              audiotool generate "calm ambient" --duration 60 -o - | aplay                    (plays while it is made)
              audiotool generate --from waltz.json                                            (the same bytes again)
              audiotool generate "calm ambient" -o calm.wav --best-of 8 --reward calm.yaml    (the best of eight)
              audiotool generate "calm ambient" -o calm.wav --steer 8 --reward calm.yaml      (steered while it is made)

            Needs a model for music; 'audiotool models import musicgen-small/' installs one from a folder fetched from \
            Hugging Face. Beside each sound a .json file keeps what it takes to make it again: prompt, seed, settings and \
            hash of the model. What is longer than the model's window (30 s for MusicGen) is made stretch by stretch, each \
            hearing the last 12 s, so that the music stays of a kind but has no form over minutes. An empty prompt makes \
            music as the model knows it, from no text.
            """)

    @Argument(help: ArgumentHelp("What the music is like.", valueName: "prompt")) var prompt: String?
    @Option(
        name: .shortAndLong, help: ArgumentHelp("The sound's file; - is standard output.", valueName: "file"),
        completion: .file())
    var output: String?
    @Option(parsing: .unconditional, help: ArgumentHelp("Seconds of new music, up to 3600; 10 if left out.", valueName: "seconds")) var duration: Double?
    @Option(help: "How many clips to make side by side, 1 to 64.") var count: Int?
    @Option(help: "Seed of the first clip, the others' follow; drawn if left out.") var seed: UInt64?
    @Option(parsing: .unconditional, help: "How freely codes are drawn: 1 as trained, 0 always the most probable.") var temperature: Double?
    @Option(parsing: .unconditional, help: "Draw from so many of the most probable codes; 0 is all.") var topK: Int?
    @Option(parsing: .unconditional, help: "Draw from the most probable codes up to this sum; 1 is all.") var topP: Double?
    @Option(parsing: .unconditional, help: "How strongly the text pulls: 1 is plain, 3 usual, 0 without the text.") var guidance: Double?
    @Option(help: ArgumentHelp("A recording to begin with and to continue.", valueName: "file"), completion: .file())
    var continueFrom: String?
    @Option(help: ArgumentHelp("An installed model (see 'audiotool models') or a file.", valueName: "name")) var model: String?
    @Option(help: ArgumentHelp(
        "How the decoder's weights are kept: float32, bfloat16 or int8. Smaller is faster; large models are int8 if left out.",
        valueName: "type"))
    var precision: WeightPrecision?
    @Option(name: .customLong("from"), help: ArgumentHelp("Make a clip again from its .json file.", valueName: "file"), completion: .file())
    var record: String?
    @Option(help: ArgumentHelp("Keep the best of so many clips by --reward, 2 to 64.", valueName: "n")) var bestOf: Int?
    @Option(help: ArgumentHelp(
        "Draw so many clips side by side, replace those that fall behind by --reward, and keep the best, 2 to 64.", valueName: "n"))
    var steer: Int?
    @Option(parsing: .unconditional, help: ArgumentHelp("How strictly --steer goes by the reward.", valueName: "factor"))
    var steerStrength = Steering().strength
    @Option(parsing: .unconditional, help: ArgumentHelp("Seconds of music between two judgements of --steer.", valueName: "seconds"))
    var steerEvery = Steering().interval
    @OptionGroup(title: "Rewards") var rewards: RewardOptions
    @Option(help: "Threads, all cores if left out. The result is the same for any number.") var threads: Int?
    @Flag(help: "Print what was made as JSON.") var json = false
    @OptionGroup(title: "Common options") var common: CommonOptions

    func validate() throws {
        if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads must be from 1 to 1024, not \(threads).") }
        if record != nil {
            let isFree = prompt == nil && duration == nil && count == nil && seed == nil && temperature == nil && topK == nil
                && topP == nil && guidance == nil && precision == nil
            guard isFree else { throw ValidationError("--from has all settings: only -o, --model and --continue-from go with it.") }
        } else {
            guard prompt != nil else { throw ValidationError("Say what the music is like, or name a clip's .json file with --from.") }
            guard output != nil else { throw ValidationError("Name the sound's file with -o.") }
        }
        try validateChoice()
        if let count, !(1...64).contains(count) { throw ValidationError("--count must be from 1 to 64, not \(count).") }
        if output == "-", count ?? 1 > 1 { throw ValidationError("Standard output takes one clip, not \(count ?? 1).") }
        if output == "-", json { throw ValidationError("--json and the sound cannot both go to standard output.") }
        let longest = MusicRequest.longestDuration
        if let duration, !(duration > 0 && duration <= longest) {
            throw ValidationError("--duration must be above 0 and at most \(Int(longest)) seconds, not \(duration).")
        }
        do {
            try sampling(over: SamplingSettings()).validate()
        } catch let MusicGenerationError.invalidOption(name, value, allowed) {
            throw ValidationError("--\(name) must be \(allowed), not \(value).")
        }
    }

    private func validateChoice() throws {
        guard bestOf != nil || steer != nil else {
            if !rewards.reward.isEmpty { throw ValidationError("--reward goes with --best-of or --steer.") }
            return
        }
        if bestOf != nil, steer != nil { throw ValidationError("Give --best-of or --steer.") }
        if rewards.reward.isEmpty { throw ValidationError("--best-of and --steer need --reward.") }
        if record != nil || continueFrom != nil || output == "-" {
            throw ValidationError("--best-of and --steer make new clips in files: no --from, --continue-from or standard output.")
        }
        if let bestOf, !(2...64).contains(bestOf) { throw ValidationError("--best-of must be from 2 to 64, not \(bestOf).") }
        if let steer, !(2...64).contains(steer) { throw ValidationError("--steer must be from 2 to 64, not \(steer).") }
        if !(steerStrength > 0 && steerStrength.isFinite) { throw ValidationError("--steer-strength must be above 0, not \(steerStrength).") }
        if !(steerEvery > 0 && steerEvery <= MusicRequest.longestDuration) { throw ValidationError("--steer-every must be above 0, not \(steerEvery).") }
    }

    private func sampling(over standard: SamplingSettings) -> SamplingSettings {
        SamplingSettings(
            temperature: temperature ?? standard.temperature, topK: topK ?? standard.topK, topP: topP ?? standard.topP,
            guidance: guidance ?? standard.guidance)
    }

    func run() throws {
        signal(SIGPIPE, SIG_IGN)
        if bestOf != nil || steer != nil { return try chooseClips() }
        let job = try record.map { try GenerationJob(record: $0, output: output, model: model, start: continueFrom) }
            ?? GenerationJob(
                prompt: prompt ?? "", output: output ?? "", seconds: duration ?? 10, clips: count ?? 1,
                seed: seed ?? UInt64.random(in: 0..<1 << 32), sampling: sampling, precision: precision, model: model,
                start: continueFrom)
        try job.run(GenerationSession(
            console: Console(isQuiet: common.quiet), threads: threads, isVerbose: common.verbose, printsJSON: json))
    }

    private func chooseClips() throws {
        if let threads { ComputeThreads.count = threads }
        let console = Console(isQuiet: common.quiet)
        guard let set = try rewards.set(rewards.context { done, name in console.progress("reference \(done): \(name)") }) else { return }
        let model = try GenerationJob.music(model)
        let way: ChosenGeneration.Way = if let steer {
            .steered(Steering(particles: steer, strength: steerStrength, interval: steerEvery))
        } else {
            .bestOf(bestOf ?? 2)
        }
        let count = count ?? 1, path = output ?? ""
        try ChosenGeneration(
            prompt: prompt ?? "", outputs: GenerationJob.outputs(path, count: count), seed: seed ?? UInt64.random(in: 0..<1 << 32),
            seconds: duration ?? 10, way: way, rewards: set, generator: MusicGenerator(model: model, precision: precision),
            sampling: sampling(over: model.sampling)
        ).run(GenerationSession(console: console, threads: threads, isVerbose: common.verbose, printsJSON: json))
    }
}
