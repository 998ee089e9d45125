/// A stream that takes blocks of any length and gives as many frames back, always equally late.
///
/// Blocks are channel-major, `[channels, frames]`; input and output may be the same memory. However the signal is cut
/// into blocks, the output is the same to the bit. After `prepare`, `process` and `reset` neither allocate, lock nor
/// call the system where the processor inside does not.
public protocol BlockStream: AnyObject {
    /// In Hz.
    var sampleRate: Int { get }
    var inputChannels: Int { get }
    var outputChannels: Int { get }
    /// Frames by which the output is late; constant.
    var latency: Int { get }

    /// Builds what `process` needs.
    func prepare() throws
    func process(_ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, frames: Int)
    /// Returns to the state after `prepare`.
    func reset()
}

extension StreamProcessor {
    /// The processor for blocks of any length at any sample rate.
    ///
    /// Throws `SignalError` for a rate that cannot be converted.
    public func blocks(at sampleRate: Int) throws -> any BlockStream {
        sampleRate == self.sampleRate
            ? ReblockedStream(self) : try RateConvertedStream(self, sampleRate: sampleRate)
    }
}
