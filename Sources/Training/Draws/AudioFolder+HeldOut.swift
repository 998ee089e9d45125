import AudioDSP
import NeuralCore

extension AudioFolder {
    /// Sets whole groups (speakers, noise recordings) aside, at least one, chosen by the seed of a run.
    ///
    /// - Parameter option: of the command line that names another folder for validation.
    /// - Returns: what is left, and what was set aside.
    package func holdingOut(share: Float, seed: UInt64, option: String) throws -> (AudioFolder, AudioFolder) {
        guard groups.count >= 2 else {
            throw AudioFolderError.tooFewGroups(
                role: role, path: path, groups: groups.count, needed: 2,
                advice: "One is held out for validation: add more, or give another folder with \(option).")
        }
        var random = RandomPurpose.split.generator(run: seed)
        var remaining = groups
        var held: Set<String> = []
        for _ in 0..<max(1, min(groups.count - 1, Int((Float(groups.count) * share).rounded()))) {
            held.insert(remaining.remove(at: random.nextInt(below: remaining.count)))
        }
        return (filtered { !held.contains($0.group) }, filtered { held.contains($0.group) })
    }
}
