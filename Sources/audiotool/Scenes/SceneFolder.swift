import AudioDSP
import Foundation
import TargetSpeech

/// A folder of scenes, each in a folder of its own that appears whole or not at all.
struct SceneFolder: Sendable {
    let path: String

    private static let encoder: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return encoder
    }()

    /// What `scenes.json` holds.
    struct Manifest: Codable {
        var program: String
        var settings: SceneSettings
        var scenes: [SceneRecipe]
    }

    /// Makes the folder and clears away what an earlier run left unfinished.
    func prepare() throws {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw CommandFailure("\(path) cannot be made: \(error.localizedDescription)")
        }
        for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        where name.hasPrefix(".") && name.hasSuffix(".partial") {
            try? FileManager.default.removeItem(atPath: path + "/" + name)
        }
    }

    /// The truth of a scene that is there; nil where there is none.
    ///
    /// - Throws: for a scene of another seed or one whose truth cannot be read.
    func existing(_ index: Int, seed: UInt64) throws -> SceneRecipe? {
        let file = scene(index) + "/scene.json"
        guard let data = FileManager.default.contents(atPath: file) else { return nil }
        guard let recipe = try? JSONDecoder().decode(SceneRecipe.self, from: data) else {
            throw CommandFailure("\(file) cannot be read. Remove \(scene(index)) to have it made again.")
        }
        guard recipe.seed == seed, recipe.index == index else {
            throw CommandFailure(
                "\(scene(index)) is scene \(recipe.index) of seed \(recipe.seed), not of \(seed). Choose another folder.")
        }
        return recipe
    }

    /// Writes a scene beside its place, then moves it there; an older one goes.
    func write(_ scene: BinauralScene) throws {
        let place = self.scene(scene.recipe.index)
        let partial = "\(path)/.\(Self.name(scene.recipe.index)).partial"
        let manager = FileManager.default
        do {
            try? manager.removeItem(atPath: partial)
            try manager.createDirectory(atPath: partial, withIntermediateDirectories: false)
            let parts = [
                ("mixture", scene.mixture), ("target", scene.target), ("enrollment", scene.enrollment),
                ("enrollment_clean", [scene.enrollmentClean]),
            ]
            for (name, channels) in parts {
                let sound = AudioBuffer(channels: channels, sampleRate: scene.recipe.sampleRate)
                try AudioFile.write(sound, to: "\(partial)/\(name).wav", format: .wavFloat)
            }
            try Self.encoder.encode(scene.recipe).write(to: URL(fileURLWithPath: partial + "/scene.json"))
            try? manager.removeItem(atPath: place)
            try manager.moveItem(atPath: partial, toPath: place)
        } catch let error as CocoaError {
            try? manager.removeItem(atPath: partial)
            throw CommandFailure("\(place) cannot be written: \(error.localizedDescription)")
        } catch {
            try? manager.removeItem(atPath: partial)
            throw error
        }
    }

    func write(_ manifest: Manifest) throws {
        try OutputFile.write(Self.encoder.encode(manifest), to: path + "/scenes.json")
    }

    private func scene(_ index: Int) -> String { path + "/" + Self.name(index) }

    /// "00007"
    static func name(_ index: Int) -> String { String(format: "%05d", index) }
}
