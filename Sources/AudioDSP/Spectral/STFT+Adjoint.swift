/// Adjoints, through which gradients of a loss flow back: for the linear map `A` they compute `Aᵀ g`, real
/// and imaginary parts being separate variables.
extension STFT {
    /// The gradient with respect to the signal, given the gradient with respect to its spectra.
    ///
    /// - Parameters:
    ///   - gradient: As `forward` returned it for a signal of `sampleCount` samples.
    public func forwardAdjoint(_ gradient: ComplexSpectrogram, sampleCount: Int) throws -> [Float] {
        try check(gradient)
        let frames = configuration.frameCount(forSamples: sampleCount)
        guard gradient.frameCount == frames else {
            throw SignalError.mismatch(
                operation: "Gradient of the short-time transform",
                reason: "\(sampleCount) samples have \(frames) frames, not \(gradient.frameCount)")
        }
        let (hop, padding) = (configuration.hopLength, configuration.edgePadding)
        let engine = FrameTransform(self)
        var padded = [Float](repeating: 0, count: sampleCount + 2 * padding)
        padded.withUnsafeMutableBufferPointer { padded in
            gradient.values.withUnsafeBufferPointer { values in
                for frame in 0..<frames {
                    engine.synthesizeAdjoint(values.baseAddress! + frame * gradient.binCount * 2)
                    engine.add(to: padded.baseAddress! + frame * hop)
                }
            }
        }
        var result = Array(padded[padding..<padding + sampleCount])
        if padding > 0, configuration.padding == .reflect {
            for distance in 1...padding {
                result[distance] += padded[padding - distance]
                result[sampleCount - 1 - distance] += padded[padding + sampleCount - 1 + distance]
            }
        }
        return result
    }

    /// The gradient with respect to the spectra, given the gradient with respect to the signal.
    ///
    /// - Parameters:
    ///   - gradient: As long as what `inverse` returned for `frameCount` frames.
    public func inverseAdjoint(_ gradient: [Float], frameCount: Int) throws -> ComplexSpectrogram {
        guard frameCount > 0 else { return ComplexSpectrogram(frameCount: 0, binCount: configuration.binCount) }
        let envelope = try overlapEnvelope(frameCount: frameCount, length: gradient.count)
        let start = configuration.edgePadding, hop = configuration.hopLength
        var padded = [Float](repeating: 0, count: envelope.count)
        for index in 0..<min(gradient.count, envelope.count - start) {
            padded[start + index] = gradient[index] / envelope[start + index]
        }
        let engine = FrameTransform(self), binCount = configuration.binCount
        return ComplexSpectrogram(frameCount: frameCount, binCount: binCount) { output in
            padded.withUnsafeBufferPointer { padded in
                for frame in 0..<frameCount {
                    engine.load(padded.baseAddress! + frame * hop)
                    engine.analyzeAdjoint(into: output + frame * binCount * 2)
                }
            }
        }
    }
}
