import AudioDSP

/// A stream processor that lets one voice through.
///
/// Before a voice is set it gives silence. `setVoice` and the counters may be used from any thread while another one
/// processes.
public protocol VoiceExtracting: StreamProcessor, Sendable {
    /// Whose voice to extract from the next chunk on; throws `TargetSpeechError` for an embedding that does not fit.
    func setVoice(_ embedding: [Float]) throws
    /// Samples that were not finite and became zero, since the beginning.
    var replacedSampleCount: Int { get }
    /// Chunks that were silenced because the network's numbers overflowed, since the beginning.
    var overflowCount: Int { get }
}
