import AudioDSP
import CKernels
import NeuralCore
import Synchronization

/// The causal TF-GridNet extractor (Veluri et al., "Look Once to Hear", CHI 2024), one chunk at a time.
///
/// ```swift
/// let extractor = try StreamingExtractor(configuration, weights: tensors)
/// try extractor.prepare()
/// try extractor.setVoice(embedding)            // any thread, also while another one processes
/// extractor.process(input, output)             // [microphones, chunk] in, [outputs, chunk] out
/// ```
/// It computes what the network in the same configuration computes over the whole signal, on the calling thread.
/// Before a voice is set a conditioned network gives silence. Samples that are not finite count as zero. Should the
/// network's own numbers overflow, that chunk is silent and the signal is forgotten.
///
/// `process` and `reset` belong to one thread at a time; `setVoice` and the counters to any.
public final class StreamingExtractor: VoiceExtracting, @unchecked Sendable {
    public let configuration: ExtractorConfiguration
    private let arena = StreamArena()
    let analysis: FrameAnalysis
    let input: FrameConvolution
    let blocks: [StreamingBlock]
    let output: FrameConvolution
    let synthesis: FrameSynthesis
    private let stride: Int
    private let spectrum: UnsafeMutablePointer<Float>
    private let spectrumStride: Int

    private let gate: StreamGate?
    private let gates: TripleBuffer
    private var currentGate = 0
    private var hasGate: Bool

    private let replaced = Atomic<Int>(0)
    private let overflows = Atomic<Int>(0)

    /// - Parameter weights: Under the published names, `tfgridnet.conv.0.weight` and so on; others are ignored.
    /// - Throws: `TargetSpeechError` where the configuration is impossible or a weight is absent or has another shape.
    public init(_ configuration: ExtractorConfiguration, weights tensors: [String: Tensor]) throws {
        try configuration.validate()
        self.configuration = configuration
        let weights = StreamWeights(tensors).scope("tfgridnet")
        let (bins, width) = (configuration.binCount, configuration.width)
        let (channels, parts) = (2 * configuration.microphones, 2 * configuration.outputs)
        stride = paneled(width)
        let bank = FourierBank.pseudoTight(length: configuration.windowLength, hop: configuration.chunkLength)
        analysis = FrameAnalysis(configuration, bank, in: arena)
        let kernel = try weights("conv.0.weight", width, channels, 3, 3)
        input = FrameConvolution(
            in: arena, bins: bins, channels: channels, stride: channels, outputs: width,
            bias: try weights("conv.0.bias", width)
        ) { channel, frame, bin, output in kernel[((output * channels + channel) * 3 + frame) * 3 + bin] }
        let arena = arena
        blocks = try (0..<configuration.blocks).map {
            try StreamingBlock(configuration, weights.scope("blocks.\($0)"), in: arena)
        }
        // A transposed convolution is a convolution with the kernel turned about.
        let transposed = try weights("deconv.weight", width, parts, 3, 3)
        output = FrameConvolution(
            in: arena, bins: bins, channels: width, stride: stride, outputs: parts,
            bias: try weights("deconv.bias", parts)
        ) { channel, frame, bin, output in transposed[((channel * parts + output) * 3 + 2 - frame) * 3 + 2 - bin] }
        synthesis = FrameSynthesis(configuration, bank, in: arena)
        spectrumStride = paneled(parts)
        spectrum = arena.floats(bins * spectrumStride)
        gate = configuration.isConditioned ? try StreamGate(configuration, weights) : nil
        gates = TripleBuffer(count: gate == nil ? 0 : bins * stride)
        hasGate = gate == nil
    }

    public var sampleRate: Int { configuration.sampleRate }
    public var inputChannels: Int { configuration.microphones }
    public var outputChannels: Int { configuration.outputs }
    public var chunkLength: Int { configuration.chunkLength }
    /// The look-ahead: output sample `n` belongs to input sample `n - latency`.
    public var latency: Int { configuration.lookahead }

    /// Samples that were not finite and became zero, since the beginning.
    public var replacedSampleCount: Int { replaced.load(ordering: .relaxed) }
    /// Chunks that were silenced because the network's numbers overflowed, since the beginning.
    public var overflowCount: Int { overflows.load(ordering: .relaxed) }

    /// Whose voice to extract from the next chunk on.
    ///
    /// The signal's state does not depend on the voice, so the change is complete at once. Throws
    /// `TargetSpeechError` for an embedding of another size, one that is not finite, and a network that takes none.
    public func setVoice(_ embedding: [Float]) throws {
        guard let gate else { throw TargetSpeechError.embeddingSize(found: embedding.count, expected: 0) }
        try gate.check(embedding)
        gates.publish { gate.write(embedding, into: $0, stride: stride) }
    }

    /// Runs the network once, so that all memory is in place.
    public func prepare() throws {
        let silence = arena.floats(inputChannels * chunkLength), rest = arena.floats(outputChannels * chunkLength)
        takeGate()
        let hadGate = hasGate
        hasGate = true
        process(silence, rest)
        hasGate = hadGate
        reset()
    }

    public func process(_ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>) {
        let count = analysis.take(input)
        if count > 0 { replaced.wrappingAdd(count, ordering: .relaxed) }
        takeGate()
        guard hasGate, extract(output) else {
            output.update(repeating: 0, count: outputChannels * chunkLength)
            return
        }
    }

    /// Forgets the signal; the voice and the counters stay.
    public func reset() {
        analysis.reset()
        forget()
    }

    /// Starts a signal whose first `latency` samples are known: `[inputChannels, latency]`.
    ///
    /// When `process` is given the samples after these, output sample `n` belongs to input sample `n`, as in the
    /// network over the whole signal.
    public func begin(with first: UnsafePointer<Float>) {
        reset()
        analysis.begin(with: first)
    }

    private func takeGate() {
        if gates.update(&currentGate) { hasGate = true }
    }

    private func forget() {
        input.reset()
        for block in blocks { block.reset() }
        output.reset()
        synthesis.reset()
    }

    private func extract(_ samples: UnsafeMutablePointer<Float>) -> Bool {
        analysis(into: input.next)
        let features = output.next, count = configuration.binCount * stride
        input(into: features, stride: stride)
        for index in blocks.indices {
            if index == 1, gate != nil {
                ck_binary(CK_MULTIPLY, 1, count, features, features, 0, 1, gates.values(currentGate), 0, 1)
            }
            blocks[index](features)
        }
        output(into: spectrum, stride: spectrumStride)
        if synthesis(spectrum, stride: spectrumStride, into: samples) { return true }
        forget()
        overflows.wrappingAdd(1, ordering: .relaxed)
        return false
    }
}
