import AudioDSP
import Foundation
import NeuralCore
import SpectralNetworks
import Synchronization

/// A causal enhancer, one chunk at a time.
///
/// ```swift
/// let enhancer = try StreamingEnhancer(EnhancerModel(ModelFile(path: "stream-16k.safetensors")))
/// try enhancer.prepare()
/// enhancer.process(input, output)              // 256 samples in, 256 out, 256 late
/// ```
/// It computes what the network computes over the whole signal with one sampler step, but for the level, which a
/// stream knows from its past alone. One call of the network a chunk, on the calling thread. Samples that are not
/// finite count as zero.
public final class StreamingEnhancer: StreamProcessor, @unchecked Sendable {
    public let sampleRate: Int
    public let inputChannels = 1, outputChannels = 1
    public let chunkLength: Int
    private let arena = StreamArena()
    private let transform: HalfOverlapTransform
    private let network: FrameNetwork
    private let exponent: Float, factor: Float
    private var follower: LevelFollower
    /// A gain instead of the follower's.
    private let fixedGain: Float?
    private let spectrum, estimate: UnsafeMutablePointer<Float>
    private let replaced = Atomic<Int>(0), overflows = Atomic<Int>(0)

    /// - Throws: `ScoreDiffusionError` unless the model is causal, its frames are two hops long under the square root of
    ///   a Hann window, its amplitudes compressed by a power, and it predicts nothing beforehand.
    public convenience init(_ model: EnhancerModel) throws { try self.init(model, gain: nil) }

    init(_ model: EnhancerModel, gain: Float?) throws {
        let configuration = model.configuration, transform = configuration.transform
        func require(_ holds: Bool, _ reason: String) throws {
            guard holds else { throw ScoreDiffusionError.invalidNetwork("\(reason), so it cannot enhance a stream") }
        }
        try require(configuration.network.causal, "it is not causal")
        try require(configuration.linearPrediction == nil, "it predicts late reverberation from the whole recording")
        try require(
            transform.window == .sqrtHann && transform.nFFT == 2 * transform.hopLength,
            "its frames are not two hops long under the square root of a Hann window")
        guard case .power(let exponent, let factor) = transform.compression else {
            throw ScoreDiffusionError.invalidNetwork("its amplitudes are not compressed by a power, so it cannot enhance a stream")
        }
        sampleRate = configuration.sampleRate
        chunkLength = transform.hopLength
        (self.exponent, self.factor, fixedGain) = (Float(exponent), Float(factor), gain)
        follower = LevelFollower(seconds: 6, frameRate: Double(sampleRate) / Double(chunkLength))
        self.transform = HalfOverlapTransform(chunk: chunkLength, in: arena)
        network = FrameNetwork(model.network, in: arena)
        spectrum = arena.floats(2 * self.transform.bins)
        estimate = arena.floats(2 * self.transform.bins)
    }

    /// The overlap of two frames.
    public var latency: Int { chunkLength }
    /// Samples that were not finite and became zero, since the beginning.
    public var replacedSampleCount: Int { replaced.load(ordering: .relaxed) }
    /// Chunks that were silenced because the network's numbers overflowed, since the beginning.
    public var overflowCount: Int { overflows.load(ordering: .relaxed) }

    /// Runs the network once, so that all memory is in place.
    public func prepare() throws {
        let silence = arena.floats(chunkLength), rest = arena.floats(chunkLength)
        process(silence, rest)
        reset()
    }

    public func process(_ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>) {
        let count = transform.take(input)
        if count > 0 { replaced.wrappingAdd(count, ordering: .relaxed) }
        transform.analyze(into: spectrum)
        let gain = fixedGain ?? follower.gain(after: transform.newest, count: chunkLength)
        compress(gain)
        network(spectrum, into: estimate)
        expand(gain)
        transform.synthesize(estimate, into: output)
        var check: Float = 0
        for index in 0..<chunkLength { check += 0 * output[index] }
        guard check == 0 else {
            overflows.wrappingAdd(1, ordering: .relaxed)
            reset()
            output.update(repeating: 0, count: chunkLength)
            return
        }
    }

    /// Forgets the signal; the counters stay.
    public func reset() {
        transform.reset()
        network.reset()
        follower.reset()
    }

    private func compress(_ gain: Float) {
        for bin in 0..<transform.bins {
            let (re, im) = (spectrum[2 * bin] * gain, spectrum[2 * bin + 1] * gain)
            let size = (re * re + im * im).squareRoot()
            let scale = size > 0 ? factor * pow(size, exponent - 1) : 0
            (spectrum[2 * bin], spectrum[2 * bin + 1]) = (re * scale, im * scale)
        }
    }

    private func expand(_ gain: Float) {
        for bin in 0..<transform.bins {
            let (re, im) = (estimate[2 * bin], estimate[2 * bin + 1])
            let size = (re * re + im * im).squareRoot() / factor
            let scale = size > 0 ? pow(size, 1 / exponent - 1) / (factor * gain) : 0
            (estimate[2 * bin], estimate[2 * bin + 1]) = (re * scale, im * scale)
        }
    }
}
