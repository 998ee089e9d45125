import AudioDSP
import AudioMetrics
import Foundation
import NeuralCore
import Training

/// Trains the default codec: excerpts of recordings are to sound the same after a round trip.
public struct CodecTask: TrainingTask {
    private let settings: CodecTrainingConfiguration
    private let recordings: Excerpts
    private let frames: SpectralFrames
    private let distance: SpectralReconstructionLoss
    private let held: [[Float]]
    public let fingerprint: String

    /// - Throws: What the transforms find wrong with the settings, and ``CodecError/invalidSetting(name:value:fix:)`` for
    ///   excerpts that are shorter than the spectra that compare them.
    init(_ settings: CodecTrainingConfiguration, training: AudioCollection, validation: AudioCollection) throws {
        self.settings = settings
        frames = try SpectralFrames(settings.model)
        distance = try SpectralReconstructionLoss(sampleRate: settings.model.sampleRate)
        recordings = Excerpts(training, length: Self.length(settings.excerpts.seconds, settings.model))
        let shortest = recordings.length
        guard shortest >= distance.minimumSampleCount else {
            throw TrainingError.invalidSetting(
                "excerpts.seconds", "must make at least \(distance.minimumSampleCount) samples, not \(shortest)")
        }
        let heldOut = Excerpts(validation, length: max(shortest, Self.length(settings.validation.seconds, settings.model)))
        held = (0..<settings.validation.excerpts).map { index in
            var random = RandomPurpose.validation.generator(run: settings.seed, stream: index)
            return heldOut.draw(level: settings.excerpts.level, using: &random)
        }
        fingerprint = training.fingerprint + "-" + validation.fingerprint
    }

    /// Whole frames of about so many seconds.
    private static func length(_ seconds: Float, _ model: SpectralCodecConfiguration) -> Int {
        max(1, Int((Double(seconds) * Double(model.sampleRate) / Double(model.hopLength)).rounded())) * model.hopLength
    }

    public func example(_ index: Int) throws -> [Float] {
        var random = RandomPurpose.examples.generator(run: settings.seed, stream: index)
        return recordings.draw(level: settings.excerpts.level, using: &random)
    }

    public func loss(
        of network: SpectralCodecNetwork, on examples: ArraySlice<[Float]>, items: Range<Int>, random: Philox
    ) throws -> Tensor {
        let latents = network.encode(try frames.features(of: Array(examples)))
        let quantized = QuantizedLatents(latents.reshaped([-1, settings.model.dimension]), codebooks: network.codebooks)
        let estimate = frames.signals(network.decode(quantized.values.reshaped(latents.shape)))
        let target = Tensor(examples.flatMap(\.self), shape: estimate.shape)
        return distance(estimate, target: target) + settings.quantizer.codebookWeight * quantized.codebookLoss
            + settings.quantizer.commitmentWeight * quantized.commitmentLoss
    }

    /// Puts entries of the codebooks that have fallen out of use where vectors are.
    public func refine(_ network: inout SpectralCodecNetwork, after examples: [[Float]], step: Int) throws {
        let interval = settings.quantizer.resetInterval
        guard interval > 0, step % interval == 0 else { return }
        let latents = network.encode(try frames.features(of: examples)).reshaped([-1, settings.model.dimension])
        var random = RandomPurpose.diffusion.generator(run: settings.seed ^ 0x5EED, stream: step)
        CodebookReset.refresh(
            &network.codebooks, usage: &network.usage, on: latents, memory: settings.quantizer.usageMemory,
            threshold: settings.quantizer.usageThreshold, using: &random)
    }

    public func validate(_ network: SpectralCodecNetwork, checkCancelled: @Sendable () throws -> Void) throws -> CodecReport {
        let codec = try SpectralCodec(network)
        let results = try parallelMap(held.count) { index in
            Result { () -> (mel: Double, ratio: Double, codes: [[Int32]]) in
                try checkCancelled()
                let codes = try codec.encode([held[index]]), estimate = try codec.decode(codes)[0]
                let shape = [1, held[index].count]
                let mel = distance.melDistance(Tensor(estimate, shape: shape), target: Tensor(held[index], shape: shape))
                let ratio = try SignalRatio.siSDR(reference: held[index], estimate: estimate).value ?? 0
                return (mel, max(-60, ratio), codes)
            }
        }.map { try $0.get() }
        let count = Double(results.count)
        return CodecReport(
            excerpts: results.count, melDistance: results.reduce(0) { $0 + $1.mel } / count,
            siSDR: results.reduce(0) { $0 + $1.ratio } / count,
            entropies: (0..<settings.model.codebooks).map { codebook in
                CodecReport.entropy(of: results.flatMap { $0.codes[codebook] }, bins: settings.model.bins)
            })
    }

    public func modelMetadata() throws -> [String: String] {
        try settings.model.modelMetadata(name: "codec-\(settings.model.sampleRate / 1000)k")
    }
}

/// Excerpts of one length, every second of the recordings as likely as any other.
private struct Excerpts: Sendable {
    let length: Int
    private let collection: AudioCollection
    /// Where each recording ends when they are laid end to end.
    private let ends: [Int]

    init(_ collection: AudioCollection, length: Int) {
        (self.collection, self.length) = (collection, length)
        var end = 0
        ends = collection.recordings.indices.map { index in
            end += collection.frameCount(of: index)
            return end
        }
    }

    func draw(level: Interval, using random: inout Philox) -> [Float] {
        let place = random.nextInt(below: ends.last ?? 1)
        let recording = ends.firstIndex { $0 > place } ?? 0
        let room = collection.frameCount(of: recording) - length
        let start = room > 0 ? random.nextInt(below: room + 1) : 0
        let gain = powf(10, random.uniform(in: level) / 20)
        return collection.loop(of: recording, from: start, count: length).map { $0 * gain }
    }
}
