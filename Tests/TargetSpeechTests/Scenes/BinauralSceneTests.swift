import AudioDSP
import Foundation
import NeuralCore
import TestSupport
import Testing
import Training

@testable import TargetSpeech

@Suite struct BinauralSceneTests {
    private let folder = TemporaryFolder()

    init() throws { try Material.write(to: folder.path) }

    private func generator(
        seed: UInt64 = 1, noise: Bool = true, rooms: String? = nil, _ change: (inout SceneSettings) -> Void = { _ in }
    ) throws -> BinauralSceneGenerator {
        var settings = SceneSettings()
        settings.seconds = 2
        settings.enrollmentSeconds = 1.5
        change(&settings)
        let sources = try SceneSources(
            speech: folder.path + "/speech", noise: noise ? folder.path + "/noise" : nil, heads: settings.isMono ? [] : [Material.kemarPath],
            rooms: rooms, settings: settings)
        return try BinauralSceneGenerator(sources, settings: settings, seed: seed)
    }

    private func scenes(_ generator: BinauralSceneGenerator, _ count: Int) throws -> [BinauralScene] {
        try parallelMap(count) { index in Result { try generator.scene(index) } }.map { try $0.get() }
    }

    @Test func scenesAreWhatTheRecipeSays() throws {
        for scene in try scenes(generator(), 16) {
            let recipe = scene.recipe
            #expect(scene.mixture.map(\.count) == [32_000, 32_000] && scene.target.map(\.count) == [32_000, 32_000])
            #expect(scene.enrollment.map(\.count) == [24_000, 24_000])
            #expect(SceneSum.peak(scene.mixture) <= 1.000_001 && SceneSum.peak(scene.enrollment) <= 1.000_001)
            #expect(scene.mixture.allSatisfy { $0.allSatisfy(\.isFinite) })
            #expect((2...3).contains(recipe.mixture.talkers.count))
            #expect(Set(recipe.mixture.talkers.map(\.speaker)).count == recipe.mixture.talkers.count)
            let target = try #require(recipe.mixture.talkers.first { $0.isTarget })
            #expect(target.speaker == recipe.speaker && recipe.isTargetPresent)
            #expect(!target.utterances.contains(recipe.enrollmentUtterance))
            #expect(recipe.mixture.talkers.allSatisfy { (-10...0).contains($0.loudness) })
            // The rest is what the mixture has beyond the target.
            let rest = zip(scene.mixture, scene.target).map { zip($0, $1).map { $0 - $1 } }
            let snr = try #require(recipe.mixture.snr)
            #expect(abs((SceneSum.ratio(target: scene.target, rest: rest) ?? .nan) - snr) < 0.01)
        }
    }

    /// Ten degrees at most off the front for the enrolled talker, fifteen at least for all others.
    @Test func theEnrolledTalkerIsInFront() throws {
        for scene in try scenes(generator(), 24) {
            let talkers = scene.recipe.enrollment!.talkers
            let target = try #require(talkers.first { $0.isTarget })
            #expect(target.speaker == scene.recipe.speaker)
            #expect(target.utterances == [scene.recipe.enrollmentUtterance])
            #expect(abs(target.direction.azimuth) <= 10)
            #expect(talkers.filter { !$0.isTarget }.allSatisfy { abs($0.direction.azimuth) >= 15 && $0.speaker != scene.recipe.speaker })
        }
    }

    /// The levels before the clipping rule: each talker's mean power over the ears is that of the dry utterance.
    @Test func loudnessIsKeptByTheHead() throws {
        let generator = try generator(noise: false) { settings in
            (settings.fewestTalkers, settings.mostTalkers) = (1, 1)
            settings.talkerLoudness = Interval(-30, -30)
            settings.start = Interval(0, 0)
            settings.freeField = 1
        }
        for scene in try scenes(generator, 4) {
            #expect(scene.recipe.mixture.divisor == 1)
            // Of noise-like talkers K-weighted and plain levels differ; that of two scenes differs by as much.
            let level = 10 * log10(SceneSum.power(scene.target))
            #expect((-40 ... -25).contains(level), "\(level) dB")
        }
    }

    @Test func seedAndIndexDecide() throws {
        let first = try generator(seed: 5), second = try generator(seed: 5), other = try generator(seed: 6)
        let alone = try first.scene(3), among = try scenes(second, 5)[3]
        #expect(alone.recipe == among.recipe)
        #expect(alone.mixture == among.mixture && alone.target == among.target && alone.enrollment == among.enrollment)
        #expect(try other.scene(3).mixture != alone.mixture)
        #expect(try first.scene(4).mixture != alone.mixture)
    }

    @Test func absentTargetsLeaveSilence() throws {
        let generator = try generator { $0.absent = 1 }
        for scene in try scenes(generator, 6) {
            #expect(!scene.recipe.isTargetPresent && scene.recipe.mixture.snr == nil)
            #expect(SceneSum.peak(scene.target) == 0 && SceneSum.peak(scene.mixture) > 0.01)
            #expect(scene.recipe.mixture.talkers.count >= 2)
            #expect(!scene.recipe.mixture.talkers.contains { $0.speaker == scene.recipe.speaker })
            #expect(scene.recipe.enrollment!.talkers.contains { $0.speaker == scene.recipe.speaker && $0.isTarget })
        }
        #expect(try generator.scene(0, isTargetAbsent: false).recipe.isTargetPresent)
    }

    @Test func oneMicrophoneHearsTheTargetBest() throws {
        for scene in try scenes(generator(noise: false) { $0.isMono = true }, 6) {
            #expect(scene.mixture.count == 1 && scene.target.count == 1 && scene.enrollment.count == 1)
            #expect(scene.recipe.channels == 1)
            if let snr = scene.recipe.enrollment?.snr { #expect(snr >= 2.9) }
        }
    }

    @Test(arguments: Motion.allCases)
    func talkersMove(_ motion: Motion) throws {
        let generator = try generator { settings in
            (settings.moving, settings.motions) = (1, [motion])
            settings.freeField = 0.5
        }
        for scene in try scenes(generator, 3) {
            #expect(scene.recipe.mixture.talkers.allSatisfy { $0.motion == motion })
            #expect(scene.recipe.enrollment!.talkers.allSatisfy { $0.motion == nil })
            #expect(SceneSum.peak(scene.target) > 0.001)
        }
    }

    @Test func measuredRoomsTakePart() throws {
        let rooms = TemporaryFolder()
        let decay = Material.gaussian(8000).enumerated().map { $0.offset == 50 ? 20 : $0.element * Float(exp(-Double($0.offset) / 1500)) }
        try Material.write(decay.map { $0 / 20 }, to: rooms.path + "/hall.wav")
        let generator = try generator(rooms: rooms.path) { ($0.freeField, $0.measuredRooms) = (0, 1) }
        let scene = try generator.scene(0)
        #expect(scene.recipe.space == "hall.wav")
        #expect(scene.recipe.reverberationTime > 0.2)
    }

    /// Pieces of one original are not used for both enrolment and target where there is a choice.
    @Test func originalsAreKeptApart() throws {
        var table = "path,speaker,original\n"
        for talker in 0..<6 {
            for utterance in 0..<3 {
                table += "data/speech/s\(talker)/u\(utterance).wav,s\(talker),\"o,\(utterance == 2 ? "b" : "a")\"\n"
            }
        }
        try Data(table.utf8).write(to: URL(fileURLWithPath: folder.path + "/speech.csv"))
        for scene in try scenes(generator(), 20) {
            let said = scene.recipe.mixture.talkers.first { $0.isTarget }?.utterances ?? []
            let isB = scene.recipe.enrollmentUtterance.hasSuffix("u2.wav")
            #expect(said.allSatisfy { $0.hasSuffix("u2.wav") != isB }, "\(said) and \(scene.recipe.enrollmentUtterance)")
        }
        try Data("name,original\n".utf8).write(to: URL(fileURLWithPath: folder.path + "/speech.csv"))
        #expect(throws: SceneError.self) { try self.generator() }
    }

    @Test func tablesAreReadWithTheirQuotes() {
        #expect(CSVTable.rows("a,b\r\n\"x, \"\"y\"\"\",2\n\n,\n") == [["a", "b"], ["x, \"y\"", "2"], ["", ""]])
    }

    @Test func impossibleSettingsAreRefused() throws {
        let changes: [(inout SceneSettings) -> Void] = [
            { $0.seconds = 0 }, { $0.fewestTalkers = 4 }, { $0.absent = 2 }, { $0.noiseGain = Interval(5, 1) }, { $0.distance = Interval(.nan, 1) },
            { $0.freeField = -0.1 }, { ($0.moving, $0.motions) = (1, []) },
        ]
        for change in changes { #expect(throws: SceneError.self) { try self.generator(change) } }
        #expect(throws: SceneError.self) { try self.generator { ($0.fewestTalkers, $0.mostTalkers) = (8, 8) } }
        #expect(throws: AudioFolderError.self) {
            try SceneSources(speech: "/nowhere", noise: nil, heads: [Material.kemarPath], settings: SceneSettings())
        }
    }

    @Test func settingsAreReadStrictly() throws {
        let path = folder.path + "/settings.json"
        try Data(#"{"seconds": 3, "motions": ["jitter"], "talkerLoudness": [-20, -10]}"#.utf8).write(to: URL(fileURLWithPath: path))
        let settings = try SceneSettings(reading: path)
        #expect(settings.seconds == 3 && settings.motions == [.jitter] && settings.talkerLoudness == Interval(-20, -10))
        #expect(settings.noiseGain == SceneSettings().noiseGain)
        try Data(#"{"second": 3}"#.utf8).write(to: URL(fileURLWithPath: path))
        #expect(throws: TrainingError.self) { try SceneSettings(reading: path) }
        try Data(#"{"seconds": -3}"#.utf8).write(to: URL(fileURLWithPath: path))
        #expect(throws: TrainingError.self) { try SceneSettings(reading: path) }
    }
}
