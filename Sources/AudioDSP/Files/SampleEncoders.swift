import CSndfile
import Foundation

/// Takes interleaved samples and turns them into a file's bytes.
protocol SampleSink {
    /// False when not all frames were taken.
    mutating func write(_ samples: UnsafeBufferPointer<Float>, frames: Int) -> Bool
    /// Completes the file's bytes.
    mutating func close(frames: Int) throws
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

    mutating func write(_ samples: UnsafeBufferPointer<Float>, frames: Int) -> Bool {
        guard let handle else { return false }
        guard quantizer != nil else { return handle.write(samples, frames: frames) }
        if integers.count < samples.count { integers = [Int32](repeating: 0, count: samples.count) }
        return integers.withUnsafeMutableBufferPointer { buffer in
            quantizer?.quantize(samples, into: buffer)
            return handle.write(UnsafePointer(buffer.baseAddress!), frames: frames)
        }
    }

    mutating func close(frames: Int) throws {
        try handle?.close()
        handle = nil
    }

    mutating func abandon() { handle = nil }
}

/// WAV: our header, kept metadata, samples through libsndfile; RF64 as soon as 4 GB are passed.
struct WaveEncoder: SampleSink {
    private let sink: FileSink
    private let header: WaveHeader
    private var samples: LibraryEncoder
    private let bytesPerFrame: Int
    let droppedMetadata: [String]

    init(_ sink: FileSink, format: AudioFileFormat, sampleRate: Int, channels: Int, expectedFrames: Int?) throws {
        self.sink = sink
        bytesPerFrame = channels * (format.encoding.bytesPerSample ?? 1)
        let keepsTied = format.metadata.sampleRate == sampleRate
        let chunks = format.metadata.chunks.filter { keepsTied || !$0.isTiedToSampleRate }
        droppedMetadata = format.metadata.chunks.filter { !keepsTied && $0.isTiedToSampleRate }
            .map { $0.identifier.trimmingCharacters(in: .whitespaces) }
        let isSurelySmall = (expectedFrames ?? .max) < (1 << 31) / bytesPerFrame
        header = WaveHeader(
            encoding: format.encoding, channels: channels, sampleRate: sampleRate, isExtensible: format.isExtensible,
            channelMask: format.channelMask, metadata: chunks, reservesSizes64: sink.isSeekable && !isSurelySmall)
        let bytes = header.bytes(dataLength: nil)
        try sink.append(bytes)
        var layout = SampleFormat(encoding: format.encoding, channels: channels, sampleRate: sampleRate)
        layout.isBigEndian = false
        samples = try LibraryEncoder(sink, format: SF_INFO(raw: layout), start: bytes.count)
    }

    var limited: Int { samples.limited }
    var failure: String? { samples.failure }

    mutating func write(_ block: UnsafeBufferPointer<Float>, frames: Int) -> Bool { samples.write(block, frames: frames) }

    mutating func close(frames: Int) throws {
        try samples.close(frames: frames)
        let dataLength = UInt64(frames * bytesPerFrame)
        if dataLength % 2 == 1, sink.isSeekable { try sink.append([0]) }
        guard sink.isSeekable else { return }
        guard header.reservesSizes64 || dataLength <= header.riffCapacity else {
            throw AudioFileError.writeFailed(path: sink.path, reason: "more frames came than were announced")
        }
        try sink.overwrite(header.bytes(dataLength: dataLength), at: 0)
    }

    mutating func abandon() { samples.abandon() }
}

/// libsndfile writing into a ``FileSink``.
final class SoundFileOutput {
    private var raw: OpaquePointer?
    private let target: VirtualOutput

    fileprivate final class VirtualOutput {
        let sink: FileSink
        /// Offset in the sink that libsndfile takes for 0.
        let start: Int
        var position = 0

        init(sink: FileSink, start: Int) {
            self.sink = sink
            self.start = start
        }

        static func of(_ pointer: UnsafeMutableRawPointer?) -> VirtualOutput {
            Unmanaged<VirtualOutput>.fromOpaque(pointer!).takeUnretainedValue()
        }
    }

    init(_ sink: FileSink, format: SF_INFO, start: Int) throws {
        target = VirtualOutput(sink: sink, start: start)
        var callbacks = SF_VIRTUAL_IO(
            get_filelen: {
                let output = VirtualOutput.of($0)
                return sf_count_t(output.sink.length - output.start)
            },
            seek: { offset, whence, user in
                let output = VirtualOutput.of(user)
                let base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? output.position : output.sink.length - output.start
                output.position = max(0, base + Int(offset))
                return sf_count_t(output.position)
            },
            read: { pointer, count, user in
                let output = VirtualOutput.of(user)
                let buffer = UnsafeMutableRawBufferPointer(start: pointer, count: Int(count))
                let done = output.sink.read(into: buffer, at: output.start + output.position)
                output.position += done
                return sf_count_t(done)
            },
            write: { pointer, count, user in
                let output = VirtualOutput.of(user)
                let done = output.sink.write(UnsafeRawBufferPointer(start: pointer, count: Int(count)), at: output.start + output.position)
                output.position += done
                return sf_count_t(done)
            },
            tell: { sf_count_t(VirtualOutput.of($0).position) })
        var info = format
        raw = sf_open_virtual(&callbacks, Int32(SFM_WRITE), &info, Unmanaged.passUnretained(target).toOpaque())
        guard raw != nil else {
            try sink.check()
            throw AudioFileError.cannotCreate(path: sink.path, reason: String(cString: sf_strerror(nil)))
        }
    }

    deinit {
        if let raw { sf_close(raw) }
    }

    var error: String? { raw.flatMap { sf_error($0) == 0 ? nil : String(cString: sf_strerror($0)) } }

    func write(_ samples: UnsafeBufferPointer<Float>, frames: Int) -> Bool {
        sf_writef_float(raw, samples.baseAddress!, sf_count_t(frames)) == sf_count_t(frames)
    }

    /// Integers fill all 32 bits from the top.
    func write(_ samples: UnsafePointer<Int32>, frames: Int) -> Bool {
        sf_writef_int(raw, samples, sf_count_t(frames)) == sf_count_t(frames)
    }

    func close() throws {
        guard let raw else { return }
        self.raw = nil
        let code = sf_close(raw)
        try target.sink.check()
        if code != 0 {
            throw AudioFileError.writeFailed(path: target.sink.path, reason: String(cString: sf_error_number(code)))
        }
    }
}

extension SF_INFO {
    /// The file that libsndfile is to write.
    init(writing format: AudioFileFormat, sampleRate: Int, channels: Int) {
        self.init()
        self.samplerate = Int32(sampleRate)
        self.channels = Int32(channels)
        let container = switch format.container {
        case .wav: SF_FORMAT_WAV
        case .rf64: SF_FORMAT_RF64
        case .wave64: SF_FORMAT_W64
        case .aiff: SF_FORMAT_AIFF
        case .au: SF_FORMAT_AU
        case .caf: SF_FORMAT_CAF
        case .flac: SF_FORMAT_FLAC
        case .ogg: SF_FORMAT_OGG
        case .mp3: SF_FORMAT_MPEG
        }
        self.format = Int32(container) | format.encoding.subtype
    }
}
