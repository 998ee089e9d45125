import AudioDSP
import Foundation
import NeuralCore
import Testing

@testable import ScoreDiffusion

@Suite struct RoomSceneTests {
    private static func noise(_ count: Int) -> [Float] {
        var random = Philox(seed: 11)
        return (0..<count).map { _ in random.nextGaussian() }
    }

    @Test func thePoolDependsOnTheSeedAloneNotOnThreads() throws {
        let before = ComputeThreads.count
        defer { ComputeThreads.count = before }
        ComputeThreads.count = 1
        let one = try RoomPool.simulate(count: 3, sampleRate: 16_000, seed: 5)
        ComputeThreads.count = 2
        let two = try RoomPool.simulate(count: 3, sampleRate: 16_000, seed: 5)
        #expect(one.map(\.talker) == two.map(\.talker) && one.map(\.noise) == two.map(\.noise))
        #expect(one[0].talker != one[1].talker)
        #expect(try RoomPool.simulate(count: 1, sampleRate: 16_000, seed: 6)[0].talker != one[0].talker)
        #expect(one.allSatisfy { (0.1...0.9).contains($0.reverberationTime) })
    }

    @Test(arguments: [MixtureSettings.RoomTarget.dry, .early])
    func theTargetIsAlignedWithTheDrySpeechAndPartOfWhatIsHeard(target: MixtureSettings.RoomTarget) throws {
        let dry = Self.noise(16_000)
        for scene in try RoomPool.simulate(count: 4, sampleRate: 16_000, seed: 9) {
            let (heard, kept) = try scene.render(dry, target: target)
            #expect(heard.count == dry.count && kept.count == dry.count)
            func correlation(_ lag: Int) -> Float {
                var sum: Float = 0
                for index in 100..<15_000 { sum += dry[index] * kept[index + lag] }
                return sum
            }
            let strongest = (-40...40).max { abs(correlation($0)) < abs(correlation($1)) }
            #expect(strongest == 0)
            let late = zip(heard, kept).map { $0 - $1 }
            let power = [dry, kept, heard, late].map { ActivityGate.power(of: $0[...]) }
            #expect(power[3] > 0 && power[3] < power[2] * 1.01)
            // Unit energy of the early response keeps the power of white noise; 16,000 samples tell it to a few percent.
            let change = power[1] / power[0] - 1
            if target == .early { #expect(abs(change) < 0.1) }
        }
    }

    @Test func mixturesInRoomsAreMarkedAndDiffer() throws {
        var settings = MixtureSettings()
        (settings.rooms, settings.clean, settings.bandLimiting) = (1, 0, 0)
        let rooms = try RoomPool.simulate(count: 2, sampleRate: 16_000, seed: 1)
        let generator = try Recordings.generator(settings, rooms: rooms)
        for index in 0..<8 {
            let mixture = try generator.example(index)
            #expect(mixture.recipe.room != nil && mixture.noisy.allSatisfy(\.isFinite))
            #expect(ActivityGate.power(of: mixture.clean[...]) > 0)
        }
    }
}

@Suite struct TestSetTests {
    /// - Parameter responses: impulse responses at 16 kHz; without them there is noise.
    private func set(seed: UInt64 = 1, responses: [[Float]] = []) throws -> TestSet {
        let folder = TemporaryFolder()
        try Recordings.write(to: folder.path)
        try FileManager.default.createDirectory(atPath: folder.path + "/rooms", withIntermediateDirectories: true)
        for (index, response) in responses.enumerated() {
            try AudioFile.write(
                AudioBuffer(channels: [response], sampleRate: 16_000), to: folder.path + "/rooms/\(index).wav", format: .wavFloat)
        }
        var settings = TestSet.Settings()
        (settings.mixtures, settings.cleanUtterances, settings.seed) = (8, 2, seed)
        func load(_ role: String) throws -> AudioCollection {
            try AudioCollection(loading: AudioFolder(scanning: folder.path + "/" + role, role: role), sampleRate: 16_000)
        }
        return try TestSet(
            speech: load("speech"), noise: responses.isEmpty ? load("noise") : nil, rooms: responses.isEmpty ? nil : load("rooms"),
            settings: settings)
    }

    @Test func roomsTakeTurnsAndTheEarlyPartStays() throws {
        var near = [Float](repeating: 0, count: 4_000), far = near
        (near[10], near[400], near[2_000]) = (0.9, 0.4, 0.3)
        (far[20], far[3_000]) = (0.9, 0.8)
        let set = try set(responses: [near, far])
        let rooms = Dictionary(grouping: set.items.prefix(8), by: { $0.room }).mapValues(\.count)
        #expect(rooms == ["0.wav": 4, "1.wav": 4])
        #expect(set.items.suffix(2).allSatisfy { !$0.isMixture })
        for item in set.items.prefix(8) {
            let (noisy, clean) = try set.samples(of: item)
            // What is left after the early part is the late echo of the dry speech.
            let late = zip(noisy, clean).map { $0 - $1 }
            let delay = item.room == "0.wav" ? 1_990 : 2_980
            #expect(late.prefix(delay - 40).allSatisfy { abs($0) < 1e-3 })
            #expect(Level.rms(late) > Level.rms(clean) - 20)
        }
    }

    @Test func speakersTakeTurnsAndTheRatiosAreSpread() throws {
        let items = try set().items
        #expect(items.count == 10 && Set(items.map(\.name)).count == 10)
        let speakers = Dictionary(grouping: items.prefix(8), by: { $0.speech.prefix(2) }).mapValues(\.count)
        #expect(speakers.count == 4 && speakers.values.allSatisfy { $0 == 2 })
        let expected: [Float] = [-3.75, -1.25, 1.25, 3.75, 6.25, 8.75, 11.25, 13.75]
        #expect(items.compactMap(\.snr).sorted() == expected)
        #expect(items.suffix(2).allSatisfy { $0.noise == nil && $0.snr == nil })
    }

    @Test func theSameSeedGivesTheSameSamplesAtTheStatedRatio() throws {
        let (one, two) = (try set(), try set())
        #expect(one.items == two.items)
        #expect(try set(seed: 2).items != one.items)
        for item in one.items {
            let (noisy, clean) = try one.samples(of: item)
            #expect(try two.samples(of: item).noisy == noisy)
            guard let snr = item.snr else {
                #expect(noisy == clean)
                continue
            }
            let noise = zip(noisy, clean).map { $0 - $1 }
            let active = try #require(try ActiveSpeechLevel.measure(clean, sampleRate: 16_000).active)
            // A few tenths: P.56 interpolates between thresholds 6 dB apart.
            let measured = Float(active) - Float(Level.rms(noise))
            #expect(abs(measured - snr) < 0.3)
        }
    }
}
