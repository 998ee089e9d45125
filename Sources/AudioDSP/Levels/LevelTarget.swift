/// A level that a recording is brought to.
public enum LevelTarget: Sendable, Hashable {
    /// The largest magnitude of all channels, in dB relative to full scale.
    case peak(Double)
    /// Root mean square over all channels, in dB relative to full scale.
    case rms(Double)
    /// Active speech level (P.56) of the mean of the channels, in dB relative to full scale.
    case activeSpeech(Double)
    /// Integrated loudness, in LUFS.
    case loudness(Double)

    /// The factor that brings channels to this level.
    ///
    /// Throws `SignalError.noActivity` where there is nothing to scale: silence, or no active speech.
    public func gain(for audio: AudioBuffer) throws -> Double {
        for channel in audio.channels { try requireFinite(channel, "Level") }
        let (wanted, present, name) = try measured(audio)
        guard let present, present.isFinite, wanted.isFinite else {
            throw SignalError.noActivity(operation: "Level", reason: "the recording has no \(name)")
        }
        return Level.gain(decibels: wanted - present)
    }

    /// Channels at this level. Nothing is limited: the peak may exceed full scale.
    public func applied(to audio: AudioBuffer) throws -> AudioBuffer {
        let gain = try gain(for: audio)
        return AudioBuffer(channels: audio.channels.map { Level.scaled($0, by: gain) }, sampleRate: audio.sampleRate)
    }

    private func measured(_ audio: AudioBuffer) throws -> (wanted: Double, present: Double?, name: String) {
        switch self {
        case .peak(let level):
            let peak = audio.channels.map(Level.peak).max() ?? 0
            return (level, Level.decibels(amplitude: Double(peak)), "sound")
        case .rms(let level):
            let count = Double(max(1, audio.channels.count))
            let power = audio.channels.map(Level.meanSquare).reduce(0, +) / count
            return (level, Level.decibels(power: power), "sound")
        case .activeSpeech(let level):
            let measured = try ActiveSpeechLevel.measure(audio.mono, sampleRate: audio.sampleRate)
            return (level, measured.active, "active speech")
        case .loudness(let level):
            return (level, try Loudness.integrated(audio.channels, sampleRate: audio.sampleRate), "audible block")
        }
    }
}
