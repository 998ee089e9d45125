import Alignment
import ArgumentParser
import AudioEmbeddings
import Foundation

/// Rewards by their names or in a file, and what they are measured against.
struct RewardOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A .yaml file of rewards, or the name of one; names may be repeated.", valueName: "name"))
    var reward: [String] = []
    @Option(
        help: ArgumentHelp("The set to compare with: a folder of recordings or a .txt file of captions.", valueName: "path"),
        completion: .file())
    var reference: String?
    @Option(help: ArgumentHelp("An encoder: spectral, an installed model, a model file or a CLAP folder.", valueName: "name"))
    var encoder: String?

    func validate() throws {
        if reward.contains(where: Self.isFile), reward.count > 1 {
            throw ValidationError("A file of rewards stands alone; name the other rewards in it.")
        }
        let known = RewardCatalogue.all.map(\.name)
        if let name = reward.first(where: { !Self.isFile($0) && !known.contains($0) }) {
            throw ValidationError("--reward does not know '\(name)'. There are: \(RewardCatalogue.names); or a .yaml file.")
        }
    }

    static func isFile(_ name: String) -> Bool { ["yaml", "yml"].contains((name as NSString).pathExtension.lowercased()) }

    func context(onProgress: @escaping @Sendable (Int, String) throws -> Void) -> RewardContext {
        var defaults = RewardContext.Defaults()
        (defaults.encoder, defaults.reference) = (encoder, reference)
        return RewardContext(
            defaults: defaults, cache: EmbeddingCache(folder: EmbeddingCache.standardFolder()), onProgress: onProgress)
    }

    /// nil where no reward is named.
    func set(_ context: RewardContext) throws -> RewardSet? {
        guard let first = reward.first else { return nil }
        return Self.isFile(first)
            ? try RewardSetFile.read(first, context: context) : try RewardSetFile.named(reward, context: context)
    }
}
