/// Adds noise to speech at a wanted signal-to-noise ratio.
///
/// ```swift
/// let mixture = try SpeechMixer(measure: .activeSpeech(sampleRate: 16_000), peakLimit: 0.95)
///     .mix(speech: speech, noise: noise, snr: 5)
/// // mixture.noisy == mixture.speech + mixture.noise
/// ```
/// Noise that is shorter than the speech is repeated from its beginning; longer noise is cut.
public struct SpeechMixer: Sendable {
    /// What the level of the speech is.
    public enum Measure: Sendable, Hashable {
        /// Mean square over all samples.
        case wholeSignal
        /// Active level after ITU-T P.56, so that pauses do not lower it. The rate is in Hz.
        case activeSpeech(sampleRate: Int)
    }

    public var measure: Measure
    /// The largest magnitude that the mixture may have: beyond it speech, noise and mixture are scaled alike.
    public var peakLimit: Float?

    public init(measure: Measure = .wholeSignal, peakLimit: Float? = nil) {
        self.measure = measure
        self.peakLimit = peakLimit
    }

    /// Speech with noise; everything as long as the speech.
    public struct Mixture: Sendable {
        /// The sum of the other two.
        public let noisy: [Float]
        /// The clean speech at its level in the mixture: the target of an enhancer.
        public let speech: [Float]
        /// The noise at its level in the mixture.
        public let noise: [Float]
        /// What the noise was multiplied by for the ratio.
        public let noiseGain: Double
        /// What speech and noise were both multiplied by for the peak; 1 without limiting.
        public let commonGain: Double
    }

    /// - Parameters:
    ///   - snr: Level of the speech over the root mean square of the noise, in dB. Infinite: no noise.
    /// - Throws: `SignalError.noActivity` where the speech or the noise is silent.
    public func mix(speech: [Float], noise: [Float], snr: Double) throws -> Mixture {
        guard !snr.isNaN, snr > -.infinity else {
            throw SignalError.invalidSetting(operation: "Mixing", reason: "the ratio must be a number, not \(snr) dB")
        }
        try requireFinite(speech, "Mixing, speech")
        try requireFinite(noise, "Mixing, noise")
        let noise = try Self.looped(noise, count: speech.count)
        let gain = snr == .infinity ? 0 : try noiseGain(speech: speech, noise: noise, snr: snr)
        var sum = [Double](repeating: 0, count: speech.count)
        var peak = 0.0
        for index in sum.indices {
            sum[index] = Double(speech[index]) + gain * Double(noise[index])
            peak = max(peak, abs(sum[index]))
        }
        var common = 1.0
        if let peakLimit, peak > Double(peakLimit) { common = Double(peakLimit) / peak }
        return Mixture(
            noisy: sum.map { Float($0 * common) }, speech: common == 1 ? speech : Level.scaled(speech, by: common),
            noise: Level.scaled(noise, by: gain * common), noiseGain: gain, commonGain: common)
    }

    /// The factor for noise, as long as the speech already, that gives the ratio.
    public func noiseGain(speech: [Float], noise: [Float], snr: Double) throws -> Double {
        let noisePower = Level.meanSquare(noise)
        guard noisePower > 0 else {
            throw SignalError.noActivity(operation: "Mixing", reason: "the noise is silent")
        }
        let speechLevel: Double
        switch measure {
        case .wholeSignal:
            speechLevel = Level.rms(speech)
            guard speechLevel > -.infinity else {
                throw SignalError.noActivity(operation: "Mixing", reason: "the speech is silent")
            }
        case .activeSpeech(let sampleRate):
            guard let active = try ActiveSpeechLevel.measure(speech, sampleRate: sampleRate).active else {
                throw SignalError.noActivity(operation: "Mixing", reason: "there is no active speech")
            }
            speechLevel = active
        }
        return Level.gain(decibels: speechLevel - snr) / noisePower.squareRoot()
    }

    /// `signal` repeated from its beginning, or cut, to `count` samples.
    public static func looped(_ signal: [Float], count: Int) throws -> [Float] {
        guard !signal.isEmpty else {
            throw SignalError.noActivity(operation: "Mixing", reason: "the noise is empty")
        }
        guard signal.count < count else { return Array(signal.prefix(count)) }
        var result: [Float] = []
        result.reserveCapacity(count)
        while result.count < count { result.append(contentsOf: signal.prefix(count - result.count)) }
        return result
    }
}
