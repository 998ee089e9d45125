/// The mean of what a processor makes of a binaural sound and, mirrored back, of the sound with its ears exchanged.
///
/// A network errs differently in the two, so that their mean is nearer to what is wanted than either, at twice the work.
public final class MirroredProcessor: StreamProcessor {
    private let plain, mirrored: any StreamProcessor
    private let input, output: StreamBuffer

    /// Takes two processors of one kind that share no state.
    ///
    /// Throws ``SignalError`` unless they have two channels in and out and chunks of one length.
    public init(_ plain: any StreamProcessor, _ mirrored: any StreamProcessor) throws {
        let fits = [plain, mirrored].allSatisfy {
            $0.inputChannels == 2 && $0.outputChannels == 2 && $0.chunkLength == plain.chunkLength && $0.latency == plain.latency
        }
        guard fits else {
            throw SignalError.invalidSetting(operation: "Mirroring", reason: "it needs two equal processors for two ears")
        }
        (self.plain, self.mirrored) = (plain, mirrored)
        input = StreamBuffer(count: 2 * plain.chunkLength)
        output = StreamBuffer(count: 2 * plain.chunkLength)
    }

    public var sampleRate: Int { plain.sampleRate }
    public var inputChannels: Int { 2 }
    public var outputChannels: Int { 2 }
    public var chunkLength: Int { plain.chunkLength }
    public var latency: Int { plain.latency }

    public func prepare() throws {
        try plain.prepare()
        try mirrored.prepare()
    }

    public func process(_ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>) {
        let chunk = chunkLength
        for ear in 0..<2 { (self.input.base + ear * chunk).update(from: input + (1 - ear) * chunk, count: chunk) }
        plain.process(input, output)
        mirrored.process(self.input.base, self.output.base)
        for ear in 0..<2 {
            let other = self.output.base + (1 - ear) * chunk
            for index in 0..<chunk { output[ear * chunk + index] = 0.5 * (output[ear * chunk + index] + other[index]) }
        }
    }

    public func reset() {
        plain.reset()
        mirrored.reset()
    }
}
