import AudioDSP
import NeuralCore

/// Ten minutes of sound at 16 kHz to spectra and back, on one thread; the other side is torch's or scipy's transform.
struct SpectralWorkload: Workload {
    var peer: String

    static let nFFT = 512, hop = 128, seconds = 600

    var name: String { "STFT and inverse, 10 min, beside \(peer)" }

    var settings: [String: any Sendable] {
        ["task": "stft_\(peer)", "threads": 1, "n_fft": Self.nFFT, "hop": Self.hop, "samples": Self.seconds * 16_000]
    }

    func prepare() throws -> () -> Void {
        let stft = try STFT(STFTConfiguration(nFFT: Self.nFFT, hopLength: Self.hop))
        var rng = Philox(seed: 1)
        let signal = Tensor.gaussian([Self.seconds * 16_000], using: &rng).values
        return { onOneThread { _ = try? stft.inverse(stft.forward(signal), length: signal.count) } }
    }

    static let all = ["torch", "scipy"].map { SpectralWorkload(peer: $0) }
}

/// One minute of stereo to another rate, on one thread; the other side is the Python package of the same library (soxr), or scipy's
/// polyphase filter, which is shorter.
struct ResamplingWorkload: Workload {
    var peer: String
    var rates: (from: Int, to: Int)

    var name: String { "\(rates.from) → \(rates.to) Hz, 60 s stereo, beside \(peer)" }

    var settings: [String: any Sendable] {
        ["task": "resample_\(peer)", "threads": 1, "from": rates.from, "to": rates.to, "samples": 60 * rates.from]
    }

    func prepare() throws -> () -> Void {
        var rng = Philox(seed: 1)
        let channels = (0..<2).map { _ in Tensor.gaussian([60 * rates.from], using: &rng).values }
        return { onOneThread { _ = try? Resampler.resample(channels: channels, from: rates.from, to: rates.to) } }
    }

    static let all = [(48_000, 16_000), (44_100, 16_000)].flatMap { rates in
        ["soxr", "scipy"].map { ResamplingWorkload(peer: $0, rates: rates) }
    }
}

/// Runs `body` with one thread of ours.
func onOneThread(_ body: () -> Void) {
    let count = ComputeThreads.count
    ComputeThreads.count = 1
    defer { ComputeThreads.count = count }
    body()
}
