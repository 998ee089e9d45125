import AudioDSP
import NeuralCore
import SpectralNetworks
import Synchronization

/// The light extractor, one chunk at a time.
///
/// It computes what `BandSplitExtractor` computes over the whole signal, one call of the network a chunk, on the calling
/// thread. Samples that are not finite count as zero. Should the network's own numbers overflow, that chunk is silent and
/// the signal is forgotten.
public final class StreamingBandSplitExtractor: VoiceExtracting, @unchecked Sendable {
    private let voices: VoiceSteering
    private let arena = StreamArena()
    private let configuration: BandSplitConfiguration
    private let transforms: (left: HalfOverlapTransform, right: HalfOverlapTransform)
    private let network: FrameExtractor
    private let spectra, estimates: (left: UnsafeMutablePointer<Float>, right: UnsafeMutablePointer<Float>)
    private var follower: LevelFollower
    private let replaced = Atomic<Int>(0), overflows = Atomic<Int>(0)

    /// Copies the weights.
    public init(_ network: BandSplitExtractor) {
        configuration = network.configuration
        let arena = arena, bins = configuration.binCount
        transforms = (
            HalfOverlapTransform(chunk: configuration.chunkLength, in: arena),
            HalfOverlapTransform(chunk: configuration.chunkLength, in: arena)
        )
        self.network = FrameExtractor(network, in: arena)
        voices = VoiceSteering(network, stride: self.network.stride)
        spectra = (arena.floats(2 * bins), arena.floats(2 * bins))
        estimates = (arena.floats(2 * bins), arena.floats(2 * bins))
        follower = LevelFollower(chunk: configuration.chunkLength, sampleRate: configuration.sampleRate)
    }

    public var sampleRate: Int { configuration.sampleRate }
    public var inputChannels: Int { 2 }
    public var outputChannels: Int { 2 }
    public var chunkLength: Int { configuration.chunkLength }
    /// The overlap of two frames.
    public var latency: Int { configuration.chunkLength }
    public var replacedSampleCount: Int { replaced.load(ordering: .relaxed) }
    public var overflowCount: Int { overflows.load(ordering: .relaxed) }

    public func setVoice(_ embedding: [Float]) throws { try voices.set(embedding) }

    /// Runs the network once, so that all memory is in place.
    public func prepare() throws {
        let silence = arena.floats(2 * chunkLength), rest = arena.floats(2 * chunkLength)
        run(silence, steering: voices.neutral, rest)
        reset()
    }

    public func process(_ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>) {
        guard let steering = voices.current() else {
            take(input)
            _ = follower.gain(afterPower: newestPower)
            output.update(repeating: 0, count: 2 * chunkLength)
            return
        }
        run(input, steering: steering, output)
        var check: Float = 0
        for index in 0..<2 * chunkLength { check += 0 * output[index] }
        guard check == 0 else {
            overflows.wrappingAdd(1, ordering: .relaxed)
            reset()
            output.update(repeating: 0, count: 2 * chunkLength)
            return
        }
    }

    /// Forgets the signal; the voice and the counters stay.
    public func reset() {
        transforms.left.reset()
        transforms.right.reset()
        network.reset()
        follower.reset()
    }

    private func take(_ input: UnsafePointer<Float>) {
        let count = transforms.left.take(input) + transforms.right.take(input + chunkLength)
        if count > 0 { replaced.wrappingAdd(count, ordering: .relaxed) }
    }

    private var newestPower: Float {
        let energy = LevelFollower.energy(transforms.left.newest, count: chunkLength)
            + LevelFollower.energy(transforms.right.newest, count: chunkLength)
        return energy / Float(2 * chunkLength)
    }

    private func run(_ input: UnsafePointer<Float>, steering: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>) {
        take(input)
        let gain = follower.gain(afterPower: newestPower), bins = configuration.binCount
        transforms.left.analyze(into: spectra.left)
        transforms.right.analyze(into: spectra.right)
        BandSplitInput.compress(spectra.left, bins: bins, gain: gain)
        BandSplitInput.compress(spectra.right, bins: bins, gain: gain)
        network((UnsafePointer(spectra.left), UnsafePointer(spectra.right)), steering: steering, into: estimates)
        BandSplitInput.expand(estimates.left, bins: bins, gain: gain)
        BandSplitInput.expand(estimates.right, bins: bins, gain: gain)
        transforms.left.synthesize(estimates.left, into: output)
        transforms.right.synthesize(estimates.right, into: output + chunkLength)
    }
}
