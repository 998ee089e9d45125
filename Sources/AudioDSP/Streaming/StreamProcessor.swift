/// A causal process that turns a stream of chunks into a stream of chunks of the same length.
///
/// ```swift
/// try processor.prepare()                     // may allocate; off the audio thread
/// processor.process(input, output)            // every chunk: no allocation, lock or system call
/// processor.reset()                           // forget the signal; as cheap
/// ```
/// Buffers are channel-major: `[channels, chunkLength]`, samples in [-1, 1]. Output sample `n` belongs to input
/// sample `n - latency`. One instance serves one thread at a time.
public protocol StreamProcessor: AnyObject {
    /// In Hz.
    var sampleRate: Int { get }
    var inputChannels: Int { get }
    var outputChannels: Int { get }
    /// Frames that every call takes and gives.
    var chunkLength: Int { get }
    /// Frames by which the output is late; constant.
    var latency: Int { get }

    /// Builds every buffer and plan that `process` needs.
    func prepare() throws
    /// `input` holds `inputChannels · chunkLength` samples, `output` takes `outputChannels · chunkLength`.
    func process(_ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>)
    /// Returns to the state after `prepare`.
    func reset()
}
