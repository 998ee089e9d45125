import AudioDSP
import Foundation

/// An example of a voice as every enrolment network hears it, in training and in use.
///
/// The result is at 16 kHz, with two channels only where the ears differ; it begins and ends with speech but for a
/// short margin, has no DC offset, and its louder parts have a fixed level. So the same voice at another sample rate or
/// level, doubled to stereo, or after a silence, gives the same input. What two ears hear is judged by what comes from the
/// front.
public struct EnrollmentInput: Sendable {
    /// In Hz.
    public static let sampleRate = 16_000
    /// The level to which examples are brought, in dB relative to full scale: of the short-time power, weighted by
    /// itself, so that pauses hardly count.
    public static let level = -23.0

    /// One channel, or the left and the right ear.
    public let channels: [[Float]]
    /// Voice activity, of two ears in front of them; one flag for each whole window of 30 ms.
    public let flags: [Bool]
    /// What the example was multiplied by.
    public let gain: Double
    /// Log odds of speech against music and noise.
    public let speechLogOdds: Double

    /// Seconds.
    public var duration: Double { Double(channels[0].count) / Double(Self.sampleRate) }
    /// Seconds in which there is speech.
    public var speechDuration: Double {
        Double(flags.count { $0 } * VoiceActivityDetector.frameLength) / Double(Self.sampleRate)
    }

    /// Prepares an example.
    ///
    /// - Parameter name: what messages call it.
    /// - Throws: `EnrollmentError` for more than two channels, samples that are no numbers, silence, sounds that are no
    ///   speech, and too little speech.
    public init(_ sound: AudioBuffer, name: String, settings: EnrollmentSettings = EnrollmentSettings()) throws {
        try settings.validate()
        let ears = Self.distinctEars(try Self.checked(sound, name))
        let analysis = try LevelAnalysis(ears)
        guard let sounding = analysis.soundingRange, analysis.level >= settings.silenceLevel else {
            throw EnrollmentError.silence(example: name, level: analysis.level)
        }
        gain = Level.gain(decibels: Self.level - analysis.level)
        let heard = Self.heard(analysis.signal[sounding], gain: gain)
        let allFlags = VoiceActivity.flags(of: heard)
        let soundingDuration = Double(heard.count) / Double(Self.sampleRate)
        func lackOfSpeech(_ seconds: Double) -> EnrollmentError {
            soundingDuration >= settings.leastSpeech && seconds < Self.leastActivity * soundingDuration
                ? .notSpeech(example: name) : .tooShort(example: name, speech: seconds, needed: settings.leastSpeech)
        }
        guard let windows = Self.speechWindows(allFlags, settings) else { throw lackOfSpeech(0) }
        flags = Array(allFlags[windows])
        let length = VoiceActivityDetector.frameLength
        let range = windows.lowerBound * length..<windows.upperBound * length
        let part = Array(heard[range])
        speechLogOdds = try ears.count == 1
            ? SpeechDetector.oneEar.logOdds(part, flags: flags)
            : min(SpeechDetector.front.logOdds(part, flags: flags), Self.meanLogOdds(ears) + Self.frontAdvantage)
        let scale = gain
        channels = ears.map { ear in
            Self.withoutOffset(ear[sounding.lowerBound + range.lowerBound..<sounding.lowerBound + range.upperBound], gain: scale)
        }
        guard duration >= settings.leastSpeech else { throw lackOfSpeech(speechDuration) }
        guard speechLogOdds >= SpeechDetector.threshold else { throw EnrollmentError.notSpeech(example: name) }
        guard speechDuration >= settings.leastSpeech else { throw lackOfSpeech(speechDuration) }
    }

    /// Part of the sounding time below which what the voice activity detector flags is not called short speech.
    private static let leastActivity = 0.1

    /// How much lower the log odds of the ears' mean may be than those of the front: sounds from several sides beat at
    /// the ears, and what the beam leaves of them can fluctuate like speech.
    private static let frontAdvantage = 5.0

    /// Log odds of speech in the mean of both ears; infinity where they cancel.
    private static func meanLogOdds(_ ears: [[Float]]) throws -> Double {
        let analysis = try LevelAnalysis([zip(ears[0], ears[1]).map { ($0 + $1) / 2 }])
        guard let sounding = analysis.soundingRange else { return .infinity }
        let heard = heard(analysis.signal[sounding], gain: Level.gain(decibels: level - analysis.level))
        return try SpeechDetector.oneEar.logOdds(heard, flags: VoiceActivity.flags(of: heard))
    }

    private static func heard(_ signal: ArraySlice<Float>, gain: Double) -> [Float] {
        Level.scaled(Array(signal), by: gain).map { max(-1, min(1, $0)) }
    }

    private static func checked(_ sound: AudioBuffer, _ name: String) throws -> [[Float]] {
        guard (1...2).contains(sound.channels.count) else {
            throw EnrollmentError.channels(example: name, count: sound.channels.count)
        }
        guard sound.sampleRate >= 1000 else { throw EnrollmentError.sampleRate(example: name, rate: sound.sampleRate) }
        for (channel, samples) in sound.channels.enumerated() {
            if let frame = samples.firstIndex(where: { !$0.isFinite }) {
                throw EnrollmentError.notFinite(example: name, channel: channel, frame: frame)
            }
        }
        guard sound.frameCount > 0 else { throw EnrollmentError.silence(example: name, level: -.infinity) }
        return try sound.resampled(to: sampleRate).channels
    }

    /// One channel where both are the same but for rounding, or one of them is dead.
    private static func distinctEars(_ channels: [[Float]]) -> [[Float]] {
        guard channels.count == 2 else { return channels }
        let (left, right) = (Level.energy(channels[0]), Level.energy(channels[1]))
        let negligible = 1e-6 * max(left, right)
        if right <= negligible { return [channels[0]] }
        if left <= negligible { return [channels[1]] }
        return Level.energy(zip(channels[0], channels[1]).map { $0 - $1 }) <= negligible ? [channels[0]] : channels
    }

    /// The windows from the first to the last speech with a margin, or the part of them with the most speech; nil
    /// where there is no speech.
    private static func speechWindows(_ flags: [Bool], _ settings: EnrollmentSettings) -> Range<Int>? {
        guard let first = flags.firstIndex(of: true), let last = flags.lastIndex(of: true) else { return nil }
        let seconds = Double(VoiceActivityDetector.frameLength) / Double(sampleRate)
        let margin = Int(settings.margin / seconds), longest = max(1, Int(settings.longestExample / seconds))
        let all = max(0, first - margin)..<min(flags.count, last + 1 + margin)
        guard all.count > longest else { return all }
        var count = flags[all.lowerBound..<all.lowerBound + longest].count { $0 }
        var best = (count: count, start: all.lowerBound)
        for start in all.lowerBound + 1...all.upperBound - longest {
            count += (flags[start + longest - 1] ? 1 : 0) - (flags[start - 1] ? 1 : 0)
            if count > best.count { best = (count, start) }
        }
        return best.start..<best.start + longest
    }

    private static func withoutOffset(_ samples: ArraySlice<Float>, gain: Double) -> [Float] {
        let mean = samples.reduce(0.0) { $0 + Double($1) } / Double(max(1, samples.count))
        return samples.map { Float((Double($0) - mean) * gain) }
    }
}
