import AudioDSP
import AudioMetrics
import Foundation
import NeuralCore
import Testing

@testable import AudioEmbeddings

@Suite struct EncoderTests {
    private func noise(_ count: Int, seed: UInt64, level: Float = 0.1) -> [Float] {
        var rng = Philox(seed: seed)
        return Tensor.gaussian([count], using: &rng).values.map { $0 * level }
    }

    @Test func stretchesCoverTheSignal() {
        let stretches = Stretches(length: 10, hop: 5)
        #expect(stretches.starts(in: 3) == [0] && stretches.starts(in: 10) == [0])
        #expect(stretches.starts(in: 11) == [0, 1] && stretches.starts(in: 20) == [0, 5, 10] && stretches.starts(in: 22) == [0, 5, 10, 12])
        #expect(Stretches.repeated([1, 2, 3], to: 7) == [1, 2, 3, 1, 2, 3, 1])
    }

    /// What the documentation says of each part of the embedding.
    @Test func spectralStatisticsMeanWhatTheySay() throws {
        let encoder = SpectralStatisticsEncoder()
        let steady = noise(64_000, seed: 1)
        let embeddings = try encoder.embeddings(ofSignal: steady)
        #expect(embeddings.shape == [3, 88] && encoder.dimension == 88)
        // Ten times the amplitude is two powers of ten more in every mean, and nothing in the deviations.
        let louder = try encoder.embeddings(ofSignal: steady.map { $0 * 10 })
        for index in 0..<32 {
            #expect(abs(louder.values[index] - embeddings.values[index] - 2) < 0.01)
            #expect(abs(louder.values[32 + index] - embeddings.values[32 + index]) < 0.01)
        }
        // Swelling 8 times a second shows in 5 to 11 Hz.
        let swelling = steady.enumerated().map { $0.element * Float(1.001 + sin(2 * Double.pi * 8 * Double($0.offset) / 32_000)) }
        let rhythm = try encoder.embeddings(ofSignal: swelling)
        for group in 0..<8 {
            let slow = 64 + 3 * group
            #expect(rhythm.values[slow + 1] > embeddings.values[slow + 1] + 0.5)
            #expect(rhythm.values[slow + 1] > rhythm.values[slow] && rhythm.values[slow + 1] > rhythm.values[slow + 2])
        }
        // Silence is at the floor, and defined.
        let silence = try encoder.embeddings(ofSignal: [Float](repeating: 0, count: 100))
        #expect(silence.values[..<32].allSatisfy { $0 == -8 } && silence.values[32..<64].allSatisfy { $0 == 0 })
    }

    @Test func recordingsAreBroughtToTheEncoder() throws {
        let encoder = SpectralStatisticsEncoder()
        let sound = AudioBuffer(channels: [noise(44_100, seed: 2), noise(44_100, seed: 3)], sampleRate: 44_100)
        let mono = AudioBuffer(channels: [sound.mono], sampleRate: 44_100)
        #expect(try encoder.embeddings(of: sound) == encoder.embeddings(of: mono))
        #expect(throws: EncoderError.empty) { try encoder.embeddings(of: AudioBuffer(channels: [[]], sampleRate: 8000)) }
        let bad = AudioBuffer(channels: [[0, .nan]], sampleRate: 8000)
        #expect(throws: EncoderError.notFinite(what: "a sample")) { try encoder.embeddings(of: bad) }
        #expect(try encoder.embeddings(of: AudioBuffer(channels: [[0.3]], sampleRate: 192_000)).shape == [1, 88])
    }

    /// Sounds of one kind are nearer to each other than to those of another.
    @Test func distancesTellSoundsApart() throws {
        let encoder = SpectralStatisticsEncoder()
        func tone(_ frequency: Double) -> [Float] { (0..<64_000).map { Float(0.2 * sin(2 * Double.pi * frequency * Double($0) / 32_000)) } }
        func set(_ signals: [[Float]]) throws -> EmbeddingSet {
            try EmbeddingSet(Tensor.concatenated(signals.map { try encoder.embeddings(ofSignal: $0) }, axis: 0))
        }
        let noises = try set((0..<8).map { noise(64_000, seed: 10 + $0) })
        let others = try set((0..<8).map { noise(64_000, seed: 30 + $0) })
        let tones = try set((0..<8).map { tone(200 + 50 * Double($0)) })
        let near = try FrechetDistance.between(noises, others).value, far = try FrechetDistance.between(noises, tones).value
        #expect(far > 20 * near)
    }

    /// CASES C47: a changed recording is encoded anew, an unchanged one is not.
    @Test func cacheGoesByContent() throws {
        struct Counting: AudioEncoder {
            let name = "counting", identity: String, sampleRate = 8000, dimension = 2, cutting = "none"
            let calls: Calls
            func embeddings(ofSignal signal: [Float]) throws -> Tensor {
                calls.count += 1
                return Tensor([signal.reduce(0, +), Float(signal.count)], shape: [1, 2])
            }
        }
        final class Calls: @unchecked Sendable { var count = 0 }
        let scratch = try Scratch(), calls = Calls()
        let cache = EmbeddingCache(folder: scratch.path + "/cache"), encoder = Counting(identity: "one", calls: calls)
        let path = scratch.path + "/a.wav"
        func write(_ value: Float, to path: String) throws {
            try AudioFile.write(AudioBuffer(channels: [[Float](repeating: value, count: 100)], sampleRate: 8000), to: path)
        }
        try write(0.5, to: path)
        let first = try cache.embeddings(ofFile: path, by: encoder)
        #expect(try cache.embeddings(ofFile: path, by: encoder) == first && calls.count == 1)
        try FileManager.default.copyItem(atPath: path, toPath: scratch.path + "/b.wav")
        #expect(try cache.embeddings(ofFile: scratch.path + "/b.wav", by: encoder) == first && calls.count == 1)
        try write(0.25, to: path)
        #expect(try cache.embeddings(ofFile: path, by: encoder).values[0] == 25 && calls.count == 2)
        #expect(try cache.embeddings(ofFile: path, by: Counting(identity: "two", calls: calls)).values[0] == 25 && calls.count == 3)
        // Damaged entries are made anew.
        let entries = try #require(FileManager.default.enumerator(atPath: scratch.path + "/cache")).compactMap { $0 as? String }
            .filter { $0.hasSuffix(".safetensors") }
        #expect(entries.count == 3)
        for entry in entries { try Data("x".utf8).write(to: URL(fileURLWithPath: scratch.path + "/cache/" + entry)) }
        #expect(try cache.embeddings(ofFile: path, by: encoder).values[0] == 25 && calls.count == 4)
        #expect(try cache.embeddings(ofFile: path, by: encoder).values[0] == 25 && calls.count == 4)
        // A cache that cannot be written is passed over.
        let nowhere = EmbeddingCache(folder: path + "/no/folder")
        #expect(try nowhere.embeddings(ofFile: path, by: encoder).values[0] == 25 && calls.count == 5)
        #expect(throws: AudioFileError.self) { try cache.embeddings(ofFile: scratch.path + "/none.wav", by: encoder) }
    }

    @Test func cacheFolderFollowsTheEnvironment() {
        #expect(EmbeddingCache.standardFolder(["XDG_CACHE_HOME": "/x", "HOME": "/h"]) == "/x/audiotool/embeddings")
        #expect(EmbeddingCache.standardFolder(["HOME": "/h"]) == "/h/.cache/audiotool/embeddings")
        #expect(EmbeddingCache.standardFolder([:]) == nil)
    }
}
