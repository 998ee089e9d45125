extension AudioBuffer {
    /// The same sound at another sample rate.
    public func resampled(to rate: Int, quality: Resampler.Quality = .veryHigh) throws -> AudioBuffer {
        guard rate != sampleRate else { return self }
        return AudioBuffer(
            channels: try Resampler.resample(channels: channels, from: sampleRate, to: rate, quality: quality),
            sampleRate: rate)
    }
}
