import Alignment
import ArgumentParser
import AudioDSP
import Foundation
import ModelLibrary
import MusicRL
import NeuralCore

struct PreferencesSimulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Have raters of a known taste choose between clips of a model.",
        discussion: """
            Example:
              audiotool preferences simulate --prompts prompts.txt --reward taste.yaml --pairs 400 --flips 0.25 --output choices/

            Two clips are made for each prompt, with --against one by each model and with one seed. A rater prefers the first with the probability that the difference of rewards \
            gives it, in deviations over all clips times --sharpness; a share of the choices is then turned round. The folder \
            gets the clips and choices.jsonl, where `flipped` says which choices were turned.
            """)

    @Option(help: ArgumentHelp("An installed model or a file.", valueName: "name")) var model: String?
    @Option(help: ArgumentHelp("Another model, which makes the second clip of each pair; its losses are told.", valueName: "name"))
    var against: String?
    @Option(help: ArgumentHelp("A .txt file with a prompt a line; they are used in turns.", valueName: "file"), completion: .file()) var prompts: String
    @OptionGroup(title: "Taste") var rewards: RewardOptions
    @Option(name: .shortAndLong, help: ArgumentHelp("The folder of clips and choices.", valueName: "dir")) var output: String
    @Option(help: "How many choices.") var pairs = 100
    @Option(help: ArgumentHelp("The share of choices that is turned round.", valueName: "share")) var flips = 0.0
    @Option(help: "How strictly raters go by their taste.") var sharpness = 3.0
    @Option(parsing: .unconditional, help: ArgumentHelp("Length of the clips.", valueName: "seconds")) var duration = 5.0
    @Option(parsing: .unconditional, help: "How freely codes are drawn.") var temperature: Double?
    @Option(parsing: .unconditional, help: "Draw from so many of the most probable codes; 0 is all.") var topK: Int?
    @Option(parsing: .unconditional, help: "How strongly the text pulls.") var guidance: Double?
    @Option(help: "Seed of all random numbers.") var seed: UInt64 = 1
    @Option(help: "Threads, all cores if left out.") var threads: Int?
    @OptionGroup(title: "Common options") var common: CommonOptions

    func validate() throws {
        if !(1...100_000).contains(pairs) { throw ValidationError("--pairs must be from 1 to 100000, not \(pairs).") }
        if !(flips >= 0 && flips < 0.5) { throw ValidationError("--flips must be from 0 to below 0.5, not \(flips).") }
        if !(sharpness > 0 && sharpness.isFinite) { throw ValidationError("--sharpness must be above 0, not \(sharpness).") }
        if !(duration > 0 && duration <= 120) { throw ValidationError("--duration must be above 0 and at most 120 seconds, not \(duration).") }
        if rewards.reward.isEmpty { throw ValidationError("--reward says what the raters like.") }
        if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads must be from 1 to 1024, not \(threads).") }
    }

    private struct Line: Encodable {
        var prompt: String
        var chosen: String
        var rejected: String
        var flipped: Bool
    }

    func run() throws {
        if let threads { ComputeThreads.count = threads }
        let console = Console(isQuiet: common.quiet), interruption = Interruption()
        defer { console.clearProgress() }
        do {
            try simulate(console) { if interruption.isRequested { throw CancellationError() } }
        } catch is CancellationError {
            throw ExitCode(130)
        }
    }

    private func simulate(_ console: Console, check: @escaping @Sendable () throws -> Void) throws {
        let lines = try TextLines.read(prompts), generator = try MusicGenerator(model: GenerationJob.music(model))
        let second = try against.map { try MusicGenerator(model: GenerationJob.music($0)) }
        guard let taste = try rewards.set(rewards.context { _, _ in try check() }) else { return }
        guard taste.kind != .distribution else { throw CommandFailure("\(taste.name) is of whole sets; raters choose between two clips.") }
        if FileManager.default.fileExists(atPath: OutputPlan.join(output, "choices.jsonl")) {
            throw CommandFailure("\(output) holds choices already. Name another folder.")
        }
        try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
        var sampling = generator.model.sampling
        (sampling.temperature, sampling.topK) = (temperature ?? sampling.temperature, topK ?? sampling.topK)
        sampling.guidance = guidance ?? sampling.guidance
        var scored: [(prompt: String, files: [String], rewards: [Double])] = []
        for pair in 0..<pairs {
            try check()
            console.progress("pair \(pair + 1) of \(pairs)")
            let prompt = lines[pair % lines.count], seeds = [0, 1].map { seed &+ UInt64(2 * pair + $0) }
            func request(_ seeds: [UInt64]) -> MusicRequest {
                MusicRequest(prompt: prompt, seconds: duration, seeds: seeds, sampling: sampling)
            }
            let sounds = try second.map { try generator.generate(request([seeds[0]])) + $0.generate(request([seeds[0]])) }
                ?? generator.generate(request(seeds))
            let files = [0, 1].map { String(format: "%05d-%@.flac", pair + 1, $0 == 0 ? "a" : "b") }
            for (sound, file) in zip(sounds, files) { try AudioFile.write(sound, to: OutputPlan.join(output, file)) }
            let clips = zip(files, sounds).map { Clip(name: $0, source: .sound($1), prompt: prompt) }
            let totals = try taste.report(on: ClipBatch(clips)).totals.compactMap { $0 }
            if totals.count == 2 { scored.append((prompt, files, totals)) }
        }
        try write(scored, console)
        if against != nil {
            let wins = scored.reduce(0.0) { $0 + ($1.rewards[0] > $1.rewards[1] ? 1 : $1.rewards[0] == $1.rewards[1] ? 0.5 : 0) }
            console.result(String(format: "the first model's clips have the higher reward in %.1f %% of %d pairs", 100 * wins / Double(max(scored.count, 1)), scored.count))
        }
    }

    private func write(_ scored: [(prompt: String, files: [String], rewards: [Double])], _ console: Console) throws {
        let all = scored.flatMap(\.rewards), mean = all.reduce(0, +) / Double(max(all.count, 1))
        let deviation = (all.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(all.count - 1, 1))).squareRoot()
        var rng = Philox(seed: seed, stream: 77), text = Data(), turned = 0
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        for item in scored {
            let difference = sharpness * (item.rewards[0] - item.rewards[1]) / (deviation > 0 ? deviation : 1)
            var isFirst = Double(rng.nextUniform()) < 1 / (1 + exp(-difference))
            let isFlipped = Double(rng.nextUniform()) < flips
            if isFlipped { isFirst.toggle() }
            turned += isFlipped ? 1 : 0
            let (chosen, rejected) = isFirst ? (item.files[0], item.files[1]) : (item.files[1], item.files[0])
            text += try encoder.encode(Line(prompt: item.prompt, chosen: chosen, rejected: rejected, flipped: isFlipped)) + Data("\n".utf8)
        }
        try OutputFile.write(text, to: OutputPlan.join(output, "choices.jsonl"))
        console.note("\(output)/choices.jsonl: \(scored.count) choices, \(turned) of them turned round")
    }
}
