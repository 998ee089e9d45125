import AudioDSP

/// Background noise that reaches the head from several directions.
public enum SurroundingNoise {
    /// Every signal through its own response, times its gain, summed; then scaled so that the peak over all ears is the
    /// peak of the first signal.
    ///
    /// - Parameters:
    ///   - signals: One for each response, of one length: the same noise, as in the published recipe, or stretches of it.
    ///   - gains: One for each response.
    /// - Returns: `[ears][samples]`
    public static func render(_ signals: [[Float]], through responses: [BinauralResponse], gains: [Float]) throws -> [[Float]] {
        precondition(signals.count == responses.count && gains.count == responses.count, "one signal and gain for each response")
        let parts = try zip(signals, zip(responses, gains)).map { signal, place in
            SceneSum.scaled(try place.0.render(signal), by: place.1)
        }
        let sum = SceneSum.add(parts)
        let peak = SceneSum.peak(sum)
        return peak > 0 ? SceneSum.scaled(sum, by: Level.peak(signals[0]) / peak) : sum
    }
}
