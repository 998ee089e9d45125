import AudioDSP
import NeuralCore

/// From a noisy waveform to a clean one: level, transform, padding, sampler, and all of it back.
///
/// ```swift
/// var noise = PhiloxNoise(seed: 7)
/// let clean = try pipeline.enhance(noisy, using: &noise)
/// ```
public struct DiffusionPipeline<Network: ScoreNetwork>: Sendable {
    public var network: Network
    public var transform: SpectrogramTransform
    public var sampling: Sampling
    /// What the frames are filled up with to the number that the network wants; zeros where a clip is too short to be
    /// mirrored.
    public var padding: FramePadding
    /// The number of frames is rounded up to a multiple of this. The frames added take part in the inverse transform,
    /// as in the published program, and so touch the last half window.
    public var frameMultiple: Int

    /// - Parameter frameMultiple: what the network asks for, if left out.
    public init(
        network: Network, transform: SpectrogramTransform, sampling: Sampling, padding: FramePadding = .zeros,
        frameMultiple: Int? = nil
    ) {
        self.network = network
        self.transform = transform
        self.sampling = sampling
        self.padding = padding
        self.frameMultiple = frameMultiple ?? network.frameMultiple
    }

    /// The clean version of a mono signal at the model's rate, of the same length and level.
    ///
    /// The whole signal is one state; its peak is scaled to 1 on the way in and back on the way out. Silence and the
    /// empty signal come back as they are. Throws `SignalError.notFinite` for NaN and infinite samples.
    public func enhance(
        _ signal: [Float], using noise: inout some DiffusionNoise,
        onUpdate: (SamplerProgress) throws -> Void = { _ in }
    ) throws -> [Float] {
        if let sample = signal.firstIndex(where: { !$0.isFinite }) {
            throw SignalError.notFinite(operation: "Enhancement", sample: sample)
        }
        let peak = signal.reduce(0) { max($0, abs($1)) }
        guard peak > 0 else { return signal }
        return try enhanceLeveled(signal.map { $0 / peak }, using: &noise, onUpdate: onUpdate).map { $0 * peak }
    }

    /// The same for a signal at the level that the network knows: the largest magnitude of its recording is 1.
    func enhanceLeveled(
        _ signal: [Float], using noise: inout some DiffusionNoise,
        onUpdate: (SamplerProgress) throws -> Void = { _ in }
    ) throws -> [Float] {
        let missing = max(0, transform.stft.configuration.minimumSampleCount - signal.count)
        let spectra = try transform.spectra(of: [signal + [Float](repeating: 0, count: missing)])
        let frames = spectra.shape[1], added = (frameMultiple - frames % frameMultiple) % frameMultiple
        let padding = padding == .reflection && frames <= added ? .zeros : padding
        let noisy = try padding.pad(spectra, toMultipleOf: frameMultiple)
        let clean = try sampling.sample(around: noisy, with: network, using: &noise, onUpdate: onUpdate)
        return try transform.signals(from: clean, length: signal.count).values
    }
}
