import AudioDSP
import Foundation
import TestSupport

/// A folder that goes away with the test.
final class Scratch {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("audiotool-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> String { url.appendingPathComponent(name).path }

    /// All files below, hidden ones too, by their relative paths.
    var files: [String] {
        let names = FileManager.default.subpaths(atPath: url.path) ?? []
        return names.filter { name in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: path(name), isDirectory: &isFolder) && !isFolder.boolValue
        }.sorted()
    }

    func makeFolder(_ name: String) throws {
        try FileManager.default.createDirectory(atPath: path(name), withIntermediateDirectories: true)
    }

    func write(_ bytes: [UInt8], to name: String) throws {
        try Data(bytes).write(to: url.appendingPathComponent(name))
    }

    func write(_ sound: AudioBuffer, to name: String, _ format: AudioFileFormat? = nil) throws {
        try makeFolder((name as NSString).deletingLastPathComponent)
        try AudioFile.write(sound, to: path(name), format: format)
    }

    func write(_ samples: [Float], rate: Int = 16_000, to name: String, _ format: AudioFileFormat? = nil) throws {
        try write(AudioBuffer(channels: [samples], sampleRate: rate), to: name, format)
    }

    func copy(_ source: URL, to name: String) throws {
        try makeFolder((name as NSString).deletingLastPathComponent)
        try FileManager.default.copyItem(at: source, to: url.appendingPathComponent(name))
    }

    func read(_ name: String) throws -> AudioBuffer { try AudioFile.read(path(name)) }

    func bytes(_ name: String) throws -> [UInt8] { try [UInt8](Data(contentsOf: url.appendingPathComponent(name))) }
}

/// Sounds to test with.
enum Sounds {
    /// A sentence in cafeteria noise, 16 kHz mono.
    static let noisySpeech: [Float] = load("p287_003_noisy.flac")
    /// The same sentence without noise, aligned.
    static let cleanSpeech: [Float] = load("p287_003_clean.flac")

    /// Another man, in a cafeteria, some 12 s.
    static let otherTalker: [Float] = load("cafe_headset.flac")

    private static func load(_ name: String) -> [Float] {
        let path = Repository.fixtures.appendingPathComponent("audio/\(name)").path
        do {
            return try AudioFile.read(path).channels[0]
        } catch {
            fatalError("\(path): \(error)")
        }
    }

    /// White noise with a root mean square of `level`.
    static func noise(_ count: Int, level: Float, seed: UInt64 = 1) -> [Float] {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        return (0..<count).map { _ in
            // Three uniform draws, each of variance 1/3.
            let sum = (0..<3).reduce(Float(0)) { sum, _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return sum + Float(state >> 40) * 0x1p-23 - 1
            }
            return level * sum
        }
    }

    static func resampled(_ samples: [Float], to rate: Int) throws -> [Float] {
        try Resampler.resample(samples, from: 16_000, to: rate)
    }
}

func power(_ samples: some Sequence<Float>) -> Double {
    var (sum, count) = (0.0, 0)
    for sample in samples {
        sum += Double(sample) * Double(sample)
        count += 1
    }
    return sum / Double(max(count, 1))
}

func decibels(_ ratio: Double) -> Double { 10 * log10(max(ratio, 1e-300)) }

/// The delay of `b` after `a` in samples, by the largest correlation within `reach`.
func lag(_ a: [Float], _ b: [Float], reach: Int = 400) -> Int {
    var best = (value: -Double.infinity, lag: 0)
    for lag in -reach...reach {
        var sum = 0.0
        for index in max(0, -lag)..<min(a.count, b.count - lag) { sum += Double(a[index]) * Double(b[index + lag]) }
        if sum > best.value { best = (sum, lag) }
    }
    return best.lag
}
