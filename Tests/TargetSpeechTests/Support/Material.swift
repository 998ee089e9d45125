import AudioDSP
import Foundation
import NeuralCore
import TestSupport

@testable import TargetSpeech

/// A folder that goes away with the value that holds it.
final class TemporaryFolder: Sendable {
    let path: String

    init() {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("scenes-\(UUID().uuidString)").path
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

enum Material {
    static let kemarPath = Repository.fixtures.appendingPathComponent("hrtf/kemar-6deg.sofa").path
    static let kemar: HeadRelatedResponses = {
        do { return try HeadRelatedResponses(loading: kemarPath) } catch { fatalError("\(error)") }
    }()

    /// Talkers `s0` … who buzz at pitches of their own, and noises. Every recording is unlike all others.
    static func write(to folder: String, talkers: Int = 6, utterances: Int = 3, seconds: Double = 2) throws {
        var random = Philox(seed: 5)
        let rate = 16_000
        for talker in 0..<talkers {
            for utterance in 0..<utterances {
                var phase = 0.0
                let samples = (0..<Int(seconds * Double(rate))).map { index -> Float in
                    let time = Double(index) / Double(rate)
                    phase += 2 * .pi * (95 + 23 * Double(talker) + 7 * Double(utterance)) / Double(rate)
                    let envelope = max(0, sin(2 * .pi * time * 2.5))
                    return Float(envelope * (0.2 * sin(phase) + 0.1 * sin(7 * phase))) + 0.01 * random.nextGaussian()
                }
                try write(samples, to: "\(folder)/speech/s\(talker)/u\(utterance).wav")
            }
        }
        for noise in 0..<3 {
            try write((0..<3 * rate).map { _ in 0.1 * random.nextGaussian() }, to: "\(folder)/noise/n\(noise).wav")
        }
    }

    static func write(_ samples: [Float], to path: String) throws {
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try AudioFile.write(AudioBuffer(channels: [samples], sampleRate: 16_000), to: path)
    }

    static func gaussian(_ count: Int, seed: UInt64 = 1) -> [Float] {
        var random = Philox(seed: seed)
        return (0..<count).map { _ in random.nextGaussian() }
    }
}
