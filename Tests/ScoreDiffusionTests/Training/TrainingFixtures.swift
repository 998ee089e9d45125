import AudioDSP
import Foundation
import NeuralCore
import Training

@testable import ScoreDiffusion

/// A folder that disappears with the value that holds it.
final class TemporaryFolder: Sendable {
    let path: String

    init() {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("training-\(UUID().uuidString)").path
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// Recordings for tests of the plumbing: voiced syllables with pauses, and coloured noise.
enum Recordings {
    static func write(to folder: String, speakers: Int = 4, utterances: Int = 3, noises: Int = 3, rate: Int = 16000) throws {
        var random = Philox(seed: 99, stream: 0)
        for speaker in 0..<speakers {
            for utterance in 0..<utterances {
                let samples = syllables(pitch: 90 + 35 * Float(speaker), seconds: 2 + Float(utterance), rate: rate, using: &random)
                try write(samples, rate: rate, to: "\(folder)/speech/s\(speaker)/u\(utterance).wav")
            }
        }
        for noise in 0..<noises {
            var state: Float = 0
            let samples = (0..<(3 * rate)).map { _ -> Float in
                state = 0.3 * Float(noise) * state + random.nextGaussian()
                return 0.05 * state
            }
            try write(samples, rate: rate, to: "\(folder)/noise/n\(noise).wav")
        }
    }

    static func generator(_ settings: MixtureSettings, seed: UInt64 = 3, rooms: [RoomScene] = []) throws -> MixtureGenerator {
        let folder = TemporaryFolder()
        try write(to: folder.path)
        return MixtureGenerator(
            speech: try AudioCollection(loading: AudioFolder(scanning: folder.path + "/speech", role: "speech"), sampleRate: 16000),
            noise: try AudioCollection(loading: AudioFolder(scanning: folder.path + "/noise", role: "noise"), sampleRate: 16000),
            rooms: rooms, settings: settings, seed: seed)
    }

    private static func syllables(pitch: Float, seconds: Float, rate: Int, using random: inout Philox) -> [Float] {
        var phase: Float = 0
        let syllable = rate / 4
        var loudness: Float = 1
        return (0..<Int(seconds * Float(rate))).map { index in
            let position = Float(index % syllable) / Float(syllable)
            if index % syllable == 0 { loudness = 0.3 + random.nextUniform() }
            phase += 2 * .pi * pitch / Float(rate)
            let envelope = position < 0.7 ? sin(.pi * position / 0.7) : 0
            return 0.1 * loudness * envelope * (sin(phase) + 0.6 * sin(2 * phase) + 0.4 * sin(5 * phase))
        }
    }

    private static func write(_ samples: [Float], rate: Int, to path: String) throws {
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try AudioFile.write(AudioBuffer(channels: [samples], sampleRate: rate), to: path)
    }
}

/// The smallest model that learns something: a short filter with a bias, fitted to the clean waveform.
struct FilterObjective: EnhancementObjective {
    struct Settings: Codable, Sendable, Equatable {
        var taps = 9
        /// Makes every loss NaN.
        var isBroken = false
    }
    struct Weights: Codable, Sendable, Equatable { var error: Float = 1 }

    struct Network: Layer {
        var taps: Linear

        func callAsFunction(_ noisy: Tensor) -> Tensor {
            let (batch, samples, count) = (noisy.shape[0], noisy.shape[1], taps.weight.shape[1])
            let windows = (0..<count).map { tap in
                noisy.padded([(0, 0), (tap, count - tap)]).sliced(axis: 1, count / 2..<(count / 2 + samples)).reshaped([batch, samples, 1])
            }
            return taps(Tensor.concatenated(windows, axis: 2)).reshaped([batch, samples])
        }

        mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws { try visitor.visit("taps", &taps) }
    }

    let sampleRate = 16000
    var settings = Settings()
    /// Adds diffusion noise scaled by the time, so that the step's random numbers matter.
    var noiseScale: Float = 0.01

    func network(seed: UInt64 = 5) -> Network {
        var random = Philox(seed: seed, stream: 0)
        return Network(taps: Linear(settings.taps, 1, using: &random))
    }

    func loss(of network: Network, on batch: TrainingBatch) throws -> Tensor {
        var random = batch.random
        let noise = Tensor.gaussian(batch.noisy.shape, using: &random) * noiseScale
        let input = batch.noisy + noise * batch.times.reshaped([batch.times.count, 1])
        return square(network(input) - batch.clean).mean() * (settings.isBroken ? .nan : 100)
    }

    func enhance(_ noisy: [Float], with network: Network, steps: Int, seed: UInt64) throws -> [Float] {
        network(Tensor(noisy, shape: [1, noisy.count])).values
    }

    func modelMetadata() throws -> [String: String] { ["kind": "filter"] }
}

/// The filter's objective on mixtures that are given.
struct FilterTask: TrainingTask {
    var objective: FilterObjective
    var optimization: DiffusionOptimization
    let fingerprint = "none"

    func example(_ index: Int) throws -> Mixture { throw CancellationError() }

    func loss(of network: FilterObjective.Network, on examples: ArraySlice<Mixture>, items: Range<Int>, random: Philox) throws -> Tensor {
        try objective.loss(of: network, on: TrainingBatch(examples, items: items, optimization: optimization, random: random))
    }

    func validate(_ network: FilterObjective.Network, checkCancelled: @Sendable () throws -> Void) throws -> ValidationReport {
        throw CancellationError()
    }

    func modelMetadata() -> [String: String] { [:] }
}
