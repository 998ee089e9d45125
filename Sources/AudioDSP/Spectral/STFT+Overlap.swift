extension STFT {
    /// Below this part of its largest value the envelope counts as vanished: single precision would
    /// return noise.
    static let smallestRelativeEnvelope: Float = 1e-6
    /// The limit past the natural length, where a vanishing envelope is expected.
    static let smallestTailEnvelope: Float = 1e-11

    /// The summed squared windows of `frameCount` frames, `nFFT + hop (frameCount - 1)` values, checked
    /// over the samples that an inverse returns.
    func overlapEnvelope(frameCount: Int, length: Int?) throws -> [Float] {
        let (nFFT, hop, start) = (configuration.nFFT, configuration.hopLength, configuration.edgePadding)
        var envelope = [Float](repeating: 0, count: nFFT + hop * (frameCount - 1))
        let squared = window.map { $0 * $0 }
        envelope.withUnsafeMutableBufferPointer { envelope in
            squared.withUnsafeBufferPointer { squared in
                for frame in 0..<frameCount {
                    let target = envelope.baseAddress! + frame * hop + windowOffset
                    for index in 0..<squared.count { target[index] += squared[index] }
                }
            }
        }
        let natural = max(0, configuration.sampleCount(forFrames: frameCount))
        let end = min(start + (length ?? natural), envelope.count)
        let largest = envelope.max() ?? 0
        for index in start..<max(start, end) {
            let limit = index - start < natural
                ? largest * Self.smallestRelativeEnvelope : Self.smallestTailEnvelope
            guard envelope[index] > limit else {
                throw SignalError.notInvertible(
                    reason: "the squared windows sum to \(envelope[index]) at sample \(index - start) "
                        + "(largest sum \(largest)); use a smaller hop, centred frames or a shorter length")
            }
        }
        return envelope
    }

    /// Throws unless every signal can be recovered from its spectra with this window and hop.
    ///
    /// The condition is that the squared windows overlap without a gap (NOLA), from the first sample to
    /// the last: a window that begins with zero fails where frames are not centred.
    public func requireInvertible() throws {
        let frames = 2 * ((configuration.nFFT + configuration.hopLength - 1) / configuration.hopLength) + 2
        _ = try overlapEnvelope(frameCount: frames, length: nil)
    }

    /// Whether every signal can be recovered from its spectra.
    public var isInvertible: Bool {
        do { try requireInvertible() } catch { return false }
        return true
    }
}
