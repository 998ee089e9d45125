import CSndfile
import Foundation

/// Takes interleaved samples and turns them into a file's bytes.
protocol SampleSink {
    /// False when not all frames were taken.
    mutating func write(_ samples: UnsafeBufferPointer<Float>, frames: Int) throws -> Bool
    /// Completes the file's bytes.
    mutating func close() throws
    /// Lets go of the encoder without completing anything.
    mutating func abandon()
    var limited: Int { get }
    var failure: String? { get }
    var droppedMetadata: [String] { get }
}

/// A format that libsndfile writes whole; or raw samples behind a header of ours.
struct LibraryEncoder: SampleSink {
    private var handle: SoundFileOutput?
    private var quantizer: SampleQuantizer?
    private var integers: [Int32] = []

    init(_ sink: FileSink, format: SF_INFO, start: Int = 0) throws {
        handle = try SoundFileOutput(sink, format: format, start: start)
        quantizer = SampleEncoding.of(format: format.format)?.encoding.integerBits.map(SampleQuantizer.init(bits:))
            ?? (Int(format.format) & SF_FORMAT_SUBMASK == SF_FORMAT_PCM_U8 ? SampleQuantizer(bits: 8) : nil)
    }

    var limited: Int { quantizer?.limited ?? 0 }
    var failure: String? { handle?.error }
    var droppedMetadata: [String] { [] }

    mutating func write(_ samples: UnsafeBufferPointer<Float>, frames: Int) throws -> Bool {
        guard let handle else { return false }
        guard quantizer != nil else { return handle.write(samples, frames: frames) }
        if integers.count < samples.count { integers = [Int32](repeating: 0, count: samples.count) }
        return integers.withUnsafeMutableBufferPointer { buffer in
            quantizer?.quantize(samples, into: buffer)
            return handle.write(UnsafePointer(buffer.baseAddress!), frames: frames)
        }
    }

    mutating func close() throws {
        try handle?.close()
        handle = nil
    }

    mutating func abandon() { handle = nil }
}

/// The bytes in front of the samples; their number does not depend on the length they state.
protocol SampleHeader {
    /// The header for `dataLength` bytes of samples; nil means "until the end".
    func bytes(dataLength: UInt64?) -> [UInt8]
    /// The most bytes of samples the header can state.
    var capacity: UInt64 { get }
}

/// A header of ours, then samples through libsndfile; the header is written again when the length is known.
struct HeaderedEncoder: SampleSink {
    private let sink: FileSink
    private let header: any SampleHeader
    private var samples: LibraryEncoder
    private let capacity: UInt64
    private let headerLength: Int
    private let limitError: AudioFileError
    let droppedMetadata: [String]

    init(_ sink: FileSink, header: any SampleHeader, layout: SampleFormat, droppedMetadata: [String] = [], limitError: AudioFileError) throws {
        self.sink = sink
        self.header = header
        self.droppedMetadata = droppedMetadata
        self.limitError = limitError
        capacity = sink.isSeekable ? header.capacity : .max
        let bytes = header.bytes(dataLength: nil)
        headerLength = bytes.count
        try sink.append(bytes)
        samples = try LibraryEncoder(sink, format: SF_INFO(raw: layout), start: bytes.count)
    }

    var limited: Int { samples.limited }
    var failure: String? { samples.failure }

    mutating func write(_ block: UnsafeBufferPointer<Float>, frames: Int) throws -> Bool {
        let isWritten = try samples.write(block, frames: frames)
        guard UInt64(sink.length - headerLength) <= capacity else { throw limitError }
        return isWritten
    }

    mutating func close() throws {
        try samples.close()
        guard sink.isSeekable else { return }
        let dataLength = sink.length - headerLength
        if dataLength % 2 == 1 { try sink.append([0]) }
        try sink.overwrite(header.bytes(dataLength: UInt64(dataLength)), at: 0)
    }

    mutating func abandon() { samples.abandon() }
}
