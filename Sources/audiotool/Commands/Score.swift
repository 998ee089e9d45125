import Alignment
import ArgumentParser
import AudioEmbeddings
import Foundation
import NeuralCore

struct Score: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Score recordings of music with rewards: fit to a prompt, distances to a reference set, diversity, levels.",
        discussion: """
            Examples:
              audiotool score generated/ --reference liked/
              audiotool score a.wav b.wav --reward clap --prompt "slow piano"
              audiotool score generated/ --reward fad --reference liked/ --fad-inf
              audiotool score generated/ --reward studio.yaml --json

            Recordings are cut by a fixed rule that is printed, never at random: a recording has the same scores alone, among \
            others and on any number of threads. Without weights the encoder 'spectral' measures likeness of spectra and \
            movement; 'audiotool models import' adds CLAP and VGGish. Embeddings are kept in a cache by content.

            Rewards: \(RewardCatalogue.names). The file formats are in docs/rewards.md.
            """)

    @Argument(help: ArgumentHelp("Recordings, or folders of them.", valueName: "path"), completion: .file())
    var inputs: [String]
    @Option(help: ArgumentHelp("What to measure, or a .yaml file of rewards; may be repeated.", valueName: "name"))
    var reward: [String] = []
    @Option(
        help: ArgumentHelp("The set to compare with: a folder of recordings or a .txt file of captions.", valueName: "path"),
        completion: .file())
    var reference: String?
    @Option(
        help: ArgumentHelp("An encoder: spectral, an installed model, a model file or a CLAP folder.", valueName: "name"))
    var encoder: String?
    @Option(help: ArgumentHelp("What every recording was asked to sound like.", valueName: "text")) var prompt: String?
    @Option(
        help: ArgumentHelp("A prompt for each recording: lines in the recordings' order, or of file name, tab and prompt.", valueName: "file"),
        completion: .file())
    var prompts: String?
    @Flag(help: "Add FAD extrapolated to infinitely many embeddings.") var fadInf = false
    @Option(help: "Seed of the draws of --fad-inf.") var seed: UInt64 = 0
    @Option(
        help: ArgumentHelp("Where embeddings are kept; ~/.cache/audiotool/embeddings if left out.", valueName: "folder"),
        completion: .directory)
    var cache: String?
    @Flag(help: "Keep no embeddings.") var noCache = false
    @Flag(help: "Tell how alike the rewards of single recordings are.") var compare = false
    @Flag(help: "Print everything as JSON.") var json = false
    @Option(help: "Threads; all cores if left out.") var threads: Int?
    @OptionGroup var common: CommonOptions

    func validate() throws {
        if let threads, !(1...1024).contains(threads) {
            throw ValidationError("--threads must be from 1 to 1024, not \(threads).")
        }
        if prompt != nil, prompts != nil { throw ValidationError("Give --prompt or --prompts.") }
        if cache != nil, noCache { throw ValidationError("--cache and --no-cache contradict each other.") }
        if reward.contains(where: Self.isFile), reward.count > 1 || fadInf {
            throw ValidationError("A file of rewards stands alone; name the other rewards in it.")
        }
        let known = RewardCatalogue.all.map(\.name)
        if let name = reward.first(where: { !Self.isFile($0) && !known.contains($0) }) {
            throw ValidationError("--reward does not know '\(name)'. There are: \(RewardCatalogue.names); or a .yaml file.")
        }
        if fadInf, reference == nil { throw ValidationError("--fad-inf needs --reference.") }
        let distances = ["fad", "fad-inf", "per-song-fad", "kad", "mmd"]
        if reference == nil, let name = reward.first(where: distances.contains) {
            throw ValidationError("--reward \(name) needs --reference: a folder of recordings or a .txt file of captions.")
        }
        if reward.contains("scorer") {
            throw ValidationError("--reward scorer needs a file of rewards that names its model; see docs/rewards.md.")
        }
    }

    func run() throws {
        if let threads { ComputeThreads.count = threads }
        let console = Console(isQuiet: common.quiet), interruption = Interruption()
        do {
            let inputs = try ScoreInputs(inputs, prompt: prompt, prompts: prompts, isCancelled: { interruption.isRequested })
            let sets = try rewardSets { done, name in
                if interruption.isRequested { throw CancellationError() }
                console.progress("reference \(done): \(name)")
            }
            let count = inputs.clips.count
            let batch = ClipBatch(inputs.clips, cache: embeddingCache) { done, name in
                if interruption.isRequested { throw CancellationError() }
                console.progress("[\(done)/\(count)] \(name)")
            }
            let scoring = try Scoring(
                batch: batch, sets: sets, isOneFile: reward.contains(where: Self.isFile), compares: compare,
                failed: inputs.failed)
            console.clearProgress()
            if json { try JSONOutput.print(scoring.report(program: Audiotool.program)) } else { print(scoring.table, terminator: "") }
            try conclude(scoring, console: console)
        } catch is CancellationError {
            console.note("Interrupted: nothing was written.")
            throw ExitCode(130)
        }
    }

    private static func isFile(_ name: String) -> Bool { ["yaml", "yml"].contains((name as NSString).pathExtension.lowercased()) }

    private var embeddingCache: EmbeddingCache { EmbeddingCache(folder: noCache ? nil : cache ?? EmbeddingCache.standardFolder()) }

    /// The set of a file, or one set for each reward that is named, so that none depends on the others.
    private func rewardSets(onProgress: @escaping @Sendable (Int, String) throws -> Void) throws -> [RewardSet] {
        var defaults = RewardContext.Defaults()
        (defaults.encoder, defaults.reference, defaults.seed) = (encoder, reference, seed)
        let context = RewardContext(defaults: defaults, cache: embeddingCache, onProgress: onProgress)
        if let file = reward.first(where: Self.isFile) { return [try RewardSetFile.read(file, context: context)] }
        var names = reward
        if names.isEmpty {
            names = (reference == nil ? [] : ["fad", "kad", "per-song-fad"]) + ["vendi", "loudness", "silence", "clipping"]
        }
        if fadInf, !names.contains("fad-inf") { names.append("fad-inf") }
        return try names.map { try RewardSetFile.named([$0], context: context) }
    }

    private func conclude(_ scoring: Scoring, console: Console) throws {
        for failure in scoring.failed {
            console.error(failure.reason.contains(failure.path) ? failure.reason : "\(failure.path): \(failure.reason)")
        }
        if !scoring.failed.isEmpty {
            let count = scoring.failed.count, total = count + scoring.batch.clips.count
            console.error("\(count) of \(total) recordings could not be read; the scores are of the others.")
        }
        for reason in scoring.undefinedSets { console.error(reason) }
        if !scoring.failed.isEmpty || !scoring.undefinedSets.isEmpty { throw ExitCode.failure }
    }
}
