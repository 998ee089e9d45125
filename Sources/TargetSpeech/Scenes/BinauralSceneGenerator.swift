import AudioDSP
import Foundation
import NeuralCore
import Training

/// Draws binaural scenes. Scene `i` is a function of the recordings, the settings, the seed and `i` alone, so any number
/// of threads draws the same ones, in any order.
///
/// ```swift
/// let settings = SceneSettings()
/// let sources = try SceneSources(speech: "speech/train", noise: "noise/train", heads: ["kemar.sofa"], settings: settings)
/// let generator = try BinauralSceneGenerator(sources, settings: settings, seed: 7)
/// let scene = try generator.scene(12)         // scene.mixture, .target: 2 × 80,000 samples at 16 kHz
/// ```
public struct BinauralSceneGenerator: Sendable {
    public let settings: SceneSettings
    public let seed: UInt64
    let sources: SceneSources

    public init(_ sources: SceneSources, settings: SceneSettings, seed: UInt64) throws {
        try settings.validate()
        (self.sources, self.settings, self.seed) = (sources, settings, seed)
    }

    /// Scene number `index`, 0 or more.
    ///
    /// - Parameters:
    ///   - isTargetAbsent: Whether the enrolled talker is missing in the mixture; by default the settings' share decides.
    ///   - enrolls: Whether to render the enrolment, which is empty otherwise.
    public func scene(_ index: Int, isTargetAbsent: Bool? = nil, enrolls: Bool = true) throws -> BinauralScene {
        var random = Philox(seed: seed, stream: UInt64(index))
        let head = sources.heads[random.nextInt(below: sources.heads.count)]
        let place = try SceneSpace(head: head, sources: sources, settings: settings, using: &random)
        let isDrawnAbsent = random.chance(settings.absent)
        let isAbsent = isTargetAbsent ?? isDrawnAbsent

        let talkers = sources.talkers
        let speaker = talkers.targets[random.nextInt(below: talkers.targets.count)]
        let enrollmentRecording = talkers.enrollmentRecording(of: speaker, using: &random)
        let others = talkers.draw(talkerCount(using: &random) - (isAbsent ? 0 : 1), excluding: [speaker], using: &random)
        let company = talkers.draw(talkerCount(using: &random) - 1, excluding: [speaker], using: &random)

        let renderer = SceneRenderer(place: place, sources: sources, settings: settings)
        let present = (isAbsent ? [] : [speaker]) + others
        let mixture = try renderer.mixture(
            of: present, target: isAbsent ? nil : speaker, enrollmentRecording: enrollmentRecording,
            using: &random)
        let enrollment = enrolls
            ? try renderer.enrollment(of: speaker, recording: enrollmentRecording, among: company, using: &random) : nil
        let collection = talkers.collection
        let recipe = SceneRecipe(
            index: index, seed: seed, sampleRate: HeadRelatedResponses.sampleRate, channels: head.earCount, speaker: talkers.name(speaker),
            isTargetPresent: !isAbsent, enrollmentUtterance: collection.recordings[enrollmentRecording].relativePath, head: head.name,
            space: place.name, reverberationTime: place.space.reverberationTime, roomDimensions: place.dimensions,
            mixture: mixture.part, enrollment: enrollment?.part)
        return BinauralScene(
            mixture: mixture.mixture, target: mixture.target, enrollment: enrollment?.mixture ?? [],
            enrollmentClean: collection.excerpt(of: enrollmentRecording, from: 0, count: collection.frameCount(of: enrollmentRecording)),
            recipe: recipe, voices: zip(present, mixture.voices).map { .init(talker: $0, heard: $1) })
    }

    /// A clean utterance of somebody that is not heard in the mixture, where there is another one.
    func cleanUtterance(ofTalker talker: Int, in scene: BinauralScene, using random: inout Philox) -> (name: String, samples: [Float]) {
        let collection = sources.talkers.collection, members = collection.recordingsByGroup[talker]
        let said = Set(scene.recipe.mixture.talkers.flatMap(\.utterances))
        let unheard = members.filter { !said.contains(collection.recordings[$0].relativePath) }
        let choices = unheard.isEmpty ? members : unheard
        let recording = choices[random.nextInt(below: choices.count)]
        return (
            collection.recordings[recording].relativePath,
            collection.excerpt(of: recording, from: 0, count: collection.frameCount(of: recording))
        )
    }

    private func talkerCount(using random: inout Philox) -> Int {
        settings.fewestTalkers + random.nextInt(below: settings.mostTalkers - settings.fewestTalkers + 1)
    }
}
