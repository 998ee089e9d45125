import Foundation
import Synchronization
import TargetSpeech

/// Makes a number of scenes, several at a time, and writes them.
final class SceneSession: Sendable {
    private let generator: BinauralSceneGenerator
    private let folder: SceneFolder
    private let count: Int
    private let absent: Int
    private let skipsExisting: Bool
    private let console: Console
    private let interruption: Interruption
    private let clock = ProgressClock()

    private struct State {
        var next = 0
        var made = 0
        var recipes: [SceneRecipe?]
        var failure: (any Error)?
    }

    private let state: Mutex<State>

    init(
        generator: BinauralSceneGenerator, folder: SceneFolder, count: Int, absent: Int, skipsExisting: Bool, console: Console,
        interruption: Interruption
    ) {
        (self.generator, self.folder, self.count, self.absent) = (generator, folder, count, absent)
        (self.skipsExisting, self.console, self.interruption) = (skipsExisting, console, interruption)
        state = Mutex(State(recipes: Array(repeating: nil, count: count)))
    }

    /// - Throws: the first failure, and `CancellationError` when interrupted. Finished scenes stay.
    func run(workers: Int) throws {
        try folder.prepare()
        sideBySide(min(workers, count)) {
            while let index = self.takeScene() {
                do {
                    try self.make(index)
                } catch {
                    self.state.withLock { $0.failure = $0.failure ?? error }
                }
            }
        }
        let (recipes, failure) = state.withLock { ($0.recipes, $0.failure) }
        if let failure { throw failure }
        let finished = recipes.compactMap { $0 }
        if finished.count < count { throw CancellationError() }
        try folder.write(SceneFolder.Manifest(program: Audiotool.program, settings: generator.settings, scenes: finished))
    }

    /// "100 scenes in out, 3 of them there already; 12.3 s"
    var summary: String {
        let made = state.withLock { $0.made }
        let kept = count - made
        return "\(count) scene\(count == 1 ? "" : "s") in \(folder.path)" + (kept > 0 ? ", \(kept) of them there already" : "")
            + String(format: "; %.1f s", clock.elapsed)
    }

    private func takeScene() -> Int? {
        state.withLock { state in
            guard state.next < count, state.failure == nil, !interruption.isRequested else { return nil }
            defer { state.next += 1 }
            return state.next
        }
    }

    private func make(_ index: Int) throws {
        var recipe = skipsExisting ? try folder.existing(index, seed: generator.seed) : nil
        let isNew = recipe == nil
        if isNew {
            let scene = try generator.scene(index, isTargetAbsent: absent > 0 ? index < absent : nil)
            try folder.write(scene)
            recipe = scene.recipe
        }
        let done = state.withLock { state -> Int in
            state.recipes[index] = recipe
            if isNew { state.made += 1 }
            return state.recipes.reduce(0) { $0 + ($1 == nil ? 0 : 1) }
        }
        console.progress("[\(done)/\(count)]  " + ProgressClock.duration(clock.elapsed / Double(done) * Double(count - done)) + " left")
    }
}
