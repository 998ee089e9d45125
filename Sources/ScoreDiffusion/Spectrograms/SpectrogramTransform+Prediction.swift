import AudioDSP

extension SpectrogramTransform {
    /// The waveform less what `prediction` finds of late reverberation in its spectrogram; the waveform itself without one.
    func removing(_ prediction: LinearPrediction?, from waveform: [Float]) throws -> [Float] {
        guard let prediction else { return waveform }
        return try stft.inverse(prediction.residual(of: stft.forward(waveform)), length: waveform.count)
    }
}
