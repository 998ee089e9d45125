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
        abstract: "Learn a reward from a file of choices between recordings, or of ratings.",
        discussion: """
            Example:
              audiotool preferences train choices.jsonl -o taste.safetensors --members 5
              audiotool tune --prompts prompts.txt --reward taste.yaml --output runs/taste

            Of choices a model of Bradley and Terry on encoders' embeddings is learned, of ratings a regression. A share of the \
            prompts is held out: how often the scores choose as people did, and how far their certainty is off, or how scores \
            and ratings go together, is printed. Beside the scorers a .yaml file of rewards is written, of several members the \
            worst counts, which is harder to fool.
            """)

    @Argument(help: ArgumentHelp("A .jsonl file of choices or of ratings.", valueName: "file"), completion: .file()) var file: String
    @Option(name: .shortAndLong, help: ArgumentHelp("The scorer's file.", valueName: "file"), completion: .file()) var output: String
    @Option(help: ArgumentHelp(
        "An encoder: spectral, an installed model or a model file. Several are heard together.", valueName: "name"))
    var encoder: [String] = []
    @Flag(help: "Judge a clip by its fit to its prompt too; an encoder must read text.") var withPrompts = false
    @Option(help: "Scorers learned from draws of the choices or ratings, 1 to 50.") var members = 1
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

    private struct ChoiceReport: Encodable {
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

    private struct RatingReport: Encodable {
        var linearCorrelation: Double?
        var rankCorrelation: Double?
        var error: Double
        var heldOutRatings: Int
        var trainingRatings: Int
        var penalty: Double
        var files: [String]
    }

    func run() throws {
        let console = Console(isQuiet: common.quiet), interruption = Interruption()
        let answers = try ScorerAnswers(PreferenceFile(reading: file), readsPrompts: withPrompts)
        let named = try encoder.map { try EncoderLibrary.encoder($0) }
        let input = try ScorerInput(
            encoders: named.isEmpty ? [RewardContext.library(nil, withPrompts)] : named, readsPrompts: withPrompts)
        let total = answers.clips.count, cache = EmbeddingCache(folder: EmbeddingCache.standardFolder())
        let batch = ClipBatch(answers.clips, cache: cache) { done, name in
            if interruption.isRequested { throw CancellationError() }
            console.progress("[\(done)/\(total)] \(name)")
        }
        let values: [[Double]]
        do { values = try input.allValues(of: batch) } catch is CancellationError { throw ExitCode(130) }
        console.clearProgress()
        switch answers.content {
        case .choices(let choices): try learn(choices, answers.prompts, values, input)
        case .ratings(let ratings): try learn(ratings, answers.prompts, values, input)
        }
    }

    private func learn(_ choices: [LinearScorer.Choice], _ prompts: [Int], _ values: [[Double]], _ input: ScorerInput) throws {
        var training = PreferenceTraining()
        (training.members, training.heldOut, training.penalty, training.seed) = (members, heldOut, penalty, seed)
        (training.cleaning, training.noise) = (cleaning, noise)
        let result = try training.fit(
            choices, prompts: prompts, embeddings: values, encoder: input.identity, promptValues: input.promptValues)
        let report = ChoiceReport(
            accuracy: result.accuracy.accuracy, calibrationError: result.accuracy.calibrationError, heldOutChoices: result.heldOutChoices,
            trainingChoices: result.trainingChoices, kept: result.kept, turned: result.turned, dropped: result.dropped,
            penalty: result.penalty, files: try write(result.scorers, as: "taste"))
        if json { return try JSONOutput.print(report) }
        print(String(
            format: "Held out: %.1f %% of %d choices are predicted; the calibration error is %.3f.", 100 * report.accuracy,
            report.heldOutChoices, report.calibrationError))
        print("Learned from \(report.kept + report.turned) of \(report.trainingChoices) choices, \(report.turned) of them turned round; penalty \(report.penalty).")
        print("Written: \(report.files.joined(separator: ", "))")
    }

    private func learn(_ ratings: [(clip: Int, rating: Double)], _ prompts: [Int], _ values: [[Double]], _ input: ScorerInput) throws {
        guard cleaning == .none else {
            throw CommandFailure("--cleaning \(cleaning.rawValue) is for choices; \(file) holds ratings.")
        }
        var training = RatingTraining()
        (training.members, training.heldOut, training.penalty, training.seed) = (members, heldOut, penalty, seed)
        let result = try training.fit(
            ratings.map(\.rating), prompts: prompts, embeddings: ratings.map { values[$0.clip] }, encoder: input.identity,
            promptValues: input.promptValues)
        let report = RatingReport(
            linearCorrelation: result.linearCorrelation, rankCorrelation: result.rankCorrelation, error: result.error,
            heldOutRatings: result.heldOutRatings, trainingRatings: result.trainingRatings, penalty: result.penalty,
            files: try write(result.scorers, as: "quality"))
        if json { return try JSONOutput.print(report) }
        func text(_ correlation: Double?) -> String { correlation.map { String(format: "%.3f", $0) } ?? "undefined" }
        print(String(
            format: "Held out: scores and %d ratings have a correlation of %@, of ranks %@; the typical error is %.3g.", report.heldOutRatings,
            text(report.linearCorrelation), text(report.rankCorrelation), report.error))
        print("Learned from \(report.trainingRatings) ratings; penalty \(report.penalty).")
        print("Written: \(report.files.joined(separator: ", "))")
    }

    /// The scorers, and a file of rewards with them.
    private func write(_ scorers: [LinearScorer], as label: String) throws -> [String] {
        let stem = (output as NSString).deletingPathExtension
        let files = scorers.count == 1 ? [output] : scorers.indices.map { "\(stem)-\($0 + 1).safetensors" }
        for (scorer, path) in zip(scorers, files) { try scorer.write(to: path) }
        let lines = files.enumerated().map { index, path in
            let name = scorers.count == 1 ? label : "\(label) \(index + 1)"
            // A path is by the file's folder there, and by the working folder here.
            let names = encoder.map { "\"\($0.contains("/") ? URL(fileURLWithPath: $0).path : $0)\"" }.joined(separator: ", ")
            let suffix = encoder.isEmpty ? "" : ", encoders: [\(names)]"
            return "{reward: scorer, name: \(name), model: \"\((path as NSString).lastPathComponent)\"\(suffix)}"
        }
        let rewards = scorers.count == 1
            ? "rewards:\n  - \(lines[0])\n" : "rewards:\n  - ensemble: worst\n    name: \(label)\n    members:\n" + lines.map { "      - \($0)\n" }.joined()
        try OutputFile.write(Data(rewards.utf8), to: stem + ".yaml")
        return files + [stem + ".yaml"]
    }
}
