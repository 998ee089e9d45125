import Alignment
import ArgumentParser
import AudioEmbeddings
import Foundation
import MusicRL
import NeuralCore

extension PreferenceTraining.Cleaning: ExpressibleByArgument {}

struct PreferencesTrain: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Learn a reward from a file of choices between recordings.",
        discussion: """
            Example:
              audiotool preferences train choices.jsonl -o taste.safetensors --members 5
              audiotool tune --prompts prompts.txt --reward taste.yaml --output runs/taste

            A model of Bradley and Terry on an encoder's embeddings. A share of the prompts is held out: how often the scores \
            choose as people did, and how far their certainty is off, is printed. Beside the scorers a .yaml file of rewards is \
            written, of several members the worst counts, which is harder to fool.
            """)

    @Argument(help: ArgumentHelp("A .jsonl file of choices.", valueName: "file"), completion: .file()) var choices: String
    @Option(name: .shortAndLong, help: ArgumentHelp("The scorer's file.", valueName: "file"), completion: .file()) var output: String
    @Option(help: ArgumentHelp(
        "An encoder: spectral, an installed model or a model file. Several are heard together.", valueName: "name"))
    var encoder: [String] = []
    @Flag(help: "Judge a clip by its fit to its prompt too; an encoder must read text.") var withPrompts = false
    @Option(help: "Scorers learned from draws of the choices, 1 to 50.") var members = 1
    @Option(help: ArgumentHelp("The share of prompts that is held out.", valueName: "share")) var heldOut = 0.2
    @Option(help: ArgumentHelp("Of the weights; found within the training prompts if left out.", valueName: "number")) var penalty: Double?
    @Option(help: "Of wrong choices: none, ensemble (turned round or dropped by a vote) or peers (two scorers teach each other).")
    var cleaning = PreferenceTraining.Cleaning.none
    @Option(help: ArgumentHelp("The share of choices thought wrong, for peers.", valueName: "share")) var noise = 0.25
    @Option(help: "Seed of all random numbers.") var seed: UInt64 = 1
    @Flag(help: "Print the result as JSON.") var json = false
    @OptionGroup(title: "Common options") var common: CommonOptions

    func validate() throws {
        if !(1...50).contains(members) { throw ValidationError("--members must be from 1 to 50, not \(members).") }
        if !(heldOut > 0 && heldOut < 1) { throw ValidationError("--held-out must be between 0 and 1, not \(heldOut).") }
        if !(noise >= 0 && noise < 0.5) { throw ValidationError("--noise must be from 0 to below 0.5, not \(noise).") }
        if let penalty, !(penalty > 0) { throw ValidationError("--penalty must be above 0, not \(penalty).") }
        if !output.hasSuffix(".safetensors") { throw ValidationError("--output must end in .safetensors, which \(output) does not.") }
    }

    private struct Report: Encodable {
        var accuracy: Double
        var calibrationError: Double
        var heldOutChoices: Int
        var trainingChoices: Int
        var kept: Int
        var turned: Int
        var dropped: Int
        var penalty: Double
        var files: [String]
    }

    func run() throws {
        let console = Console(isQuiet: common.quiet), interruption = Interruption()
        let file = try PreferenceFile(reading: choices)
        var numbers: [[String?]: Int] = [:], clips: [Clip] = [], pairs: [LinearScorer.Choice] = [], prompts: [Int] = []
        var texts: [String: Int] = [:]
        func number(_ path: String, _ prompt: String) -> Int {
            let clip = Clip(name: path, source: .file(path), prompt: withPrompts ? prompt : nil), key = [path, clip.prompt]
            if let known = numbers[key] { return known }
            numbers[key] = clips.count
            clips.append(clip)
            return clips.count - 1
        }
        for entry in file.entries {
            guard case .choice(let chosen, let rejected, _) = entry.content else { continue }
            pairs.append(.init(chosen: number(chosen, entry.prompt), rejected: number(rejected, entry.prompt)))
            texts[entry.prompt] = texts[entry.prompt] ?? texts.count
            prompts.append(texts[entry.prompt] ?? 0)
        }
        guard !pairs.isEmpty else { throw CommandFailure("\(choices) holds no choices between two recordings.") }
        let total = clips.count, cache = EmbeddingCache(folder: EmbeddingCache.standardFolder())
        let batch = ClipBatch(clips, cache: cache) { done, name in
            if interruption.isRequested { throw CancellationError() }
            console.progress("[\(done)/\(total)] \(name)")
        }
        let named = try encoder.map { try EncoderLibrary.encoder($0) }
        let input = try ScorerInput(
            encoders: named.isEmpty ? [RewardContext.library(nil, withPrompts)] : named, readsPrompts: withPrompts)
        var training = PreferenceTraining()
        (training.members, training.heldOut, training.penalty, training.seed) = (members, heldOut, penalty, seed)
        (training.cleaning, training.noise) = (cleaning, noise)
        let embeddings: [[Double]]
        do {
            embeddings = try input.allValues(of: batch)
        } catch is CancellationError { throw ExitCode(130) }
        console.clearProgress()
        let result = try training.fit(
            pairs, prompts: prompts, embeddings: embeddings, encoder: input.identity, promptValues: input.promptValues)
        let files = try write(result.scorers)
        let report = Report(
            accuracy: result.accuracy.accuracy, calibrationError: result.accuracy.calibrationError, heldOutChoices: result.heldOutChoices,
            trainingChoices: result.trainingChoices, kept: result.kept, turned: result.turned, dropped: result.dropped,
            penalty: result.penalty, files: files)
        if json { return try JSONOutput.print(report) }
        print(String(
            format: "Held out: %.1f %% of %d choices are predicted; the calibration error is %.3f.", 100 * report.accuracy,
            report.heldOutChoices, report.calibrationError))
        print("Learned from \(report.kept + report.turned) of \(report.trainingChoices) choices, \(report.turned) of them turned round; penalty \(report.penalty).")
        print("Written: \(files.joined(separator: ", "))")
    }

    /// The scorers, and a file of rewards with them.
    private func write(_ scorers: [LinearScorer]) throws -> [String] {
        let stem = (output as NSString).deletingPathExtension
        let files = scorers.count == 1 ? [output] : scorers.indices.map { "\(stem)-\($0 + 1).safetensors" }
        for (scorer, path) in zip(scorers, files) { try scorer.write(to: path) }
        let lines = files.enumerated().map { index, path in
            let name = scorers.count == 1 ? "taste" : "taste \(index + 1)"
            let names = encoder.map { "\"\($0)\"" }.joined(separator: ", ")
            let suffix = encoder.isEmpty ? "" : ", encoders: [\(names)]"
            return "{reward: scorer, name: \(name), model: \"\((path as NSString).lastPathComponent)\"\(suffix)}"
        }
        let rewards = scorers.count == 1
            ? "rewards:\n  - \(lines[0])\n" : "rewards:\n  - ensemble: worst\n    name: taste\n    members:\n" + lines.map { "      - \($0)\n" }.joined()
        try OutputFile.write(Data(rewards.utf8), to: stem + ".yaml")
        return files + [stem + ".yaml"]
    }
}
