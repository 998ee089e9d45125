import AudioDSP
import NeuralCore

/// How far a sound is from another to the ear, by spectra of several lengths: mean differences of the logarithms of mel
/// bands, which hear quiet parts too, and of square roots of magnitudes, which hold single tones in their place.
///
/// R. Yamamoto et al., "Parallel WaveGAN", ICASSP 2020; mel bands at several lengths as in R. Kumar et al., "High-fidelity
/// audio compression with improved RVQGAN", NeurIPS 2023.
struct SpectralReconstructionLoss: Sendable {
    private struct Resolution: Sendable {
        let stft: STFT
        /// `[bands, bins]`
        let mel: Tensor
    }

    private let resolutions: [Resolution]

    /// Window lengths and numbers of mel bands, at 24 kHz.
    static let lengths = [(2048, 128), (1024, 96), (512, 64), (256, 32)]
    /// Of mel bands, under which differences do not count. A full-scale sine is about 0 dB.
    static let floor: Float = 1e-4
    /// Of power spectra, for slopes that stay finite.
    static let smallestPower: Float = 1e-7

    /// - Throws: `SignalError`.
    init(sampleRate: Int) throws {
        resolutions = try Self.lengths.map { length, bands in
            // Spectra divided by the window's sum are amplitudes.
            let stft = try STFT(STFTConfiguration(nFFT: length, hopLength: length / 4))
            let bank = try MelFilterBank(sampleRate: sampleRate, nFFT: length, bandCount: bands, normalization: .none)
            return Resolution(stft: stft, mel: Tensor(bank.matrix, shape: [bands, bank.binCount]))
        }
    }

    /// Samples that signals must have.
    var minimumSampleCount: Int { Self.lengths.map(\.0).max()! }

    /// The loss of `[batch, samples]`, a scalar; gradients reach the estimate.
    func callAsFunction(_ estimate: Tensor, target: Tensor) -> Tensor {
        var sum = Tensor(scalar: 0)
        for resolution in resolutions {
            let (own, wanted) = (magnitudes(estimate, resolution), magnitudes(target.detached, resolution))
            let roots = abs(sqrt(own) - sqrt(wanted)).mean()
            let bands = abs(logBands(own, resolution) - logBands(wanted, resolution)).mean()
            sum += bands + 10 * roots
        }
        return sum / Float(resolutions.count)
    }

    /// Mean difference of the logarithms of mel bands in dB, without gradients: the measure of round trips.
    func melDistance(_ estimate: Tensor, target: Tensor) -> Double {
        let distances = resolutions.map { resolution -> Double in
            let own = logBands(magnitudes(estimate.detached, resolution), resolution)
            let wanted = logBands(magnitudes(target.detached, resolution), resolution)
            return Double(abs(own - wanted).mean().item)
        }
        return 20 * distances.reduce(0, +) / Double(distances.count)
    }

    private func magnitudes(_ signals: Tensor, _ resolution: Resolution) -> Tensor {
        // Twice over the window's sum, which for Hann's is half its length.
        let scale = 4 / Float(resolution.stft.configuration.nFFT)
        return sqrt(resolution.stft.power(signals) * (scale * scale) + Self.smallestPower)
    }

    private func logBands(_ magnitudes: Tensor, _ resolution: Resolution) -> Tensor {
        log(matmul(magnitudes, resolution.mel, transposeB: true) + Self.floor) * 0.4342945
    }
}
