import CSndfile
import Foundation

/// The part of a ``ByteSource`` that libsndfile sees as one file: bytes of our own, then a window of the source.
final class VirtualInput {
    private let source: ByteSource
    private let prefix: [UInt8]
    private let windowStart: Int
    /// Bytes in all; a pipe pretends to be endless.
    let length: Int
    private var position = 0

    init(source: ByteSource, prefix: [UInt8] = [], windowStart: Int = 0, windowLength: Int?) {
        self.source = source
        self.prefix = prefix
        self.windowStart = windowStart
        length = windowLength.map { $0 + prefix.count } ?? Int.max / 8
    }

    fileprivate func seek(_ offset: Int, _ whence: Int32) -> Int {
        let base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? position : length
        let (target, overflow) = base.addingReportingOverflow(offset)
        if !overflow { position = max(0, target) }
        return position
    }

    fileprivate func read(_ pointer: UnsafeMutableRawPointer, _ count: Int) -> Int {
        var done = 0
        let wanted = min(count, max(0, length - position))
        guard wanted > 0 else { return 0 }
        if position < prefix.count {
            done = min(wanted, prefix.count - position)
            prefix.withUnsafeBytes { pointer.copyMemory(from: $0.baseAddress! + position, byteCount: done) }
        }
        if done < wanted {
            let buffer = UnsafeMutableRawBufferPointer(start: pointer + done, count: wanted - done)
            done += source.read(into: buffer, at: windowStart + position + done - prefix.count)
        }
        position += done
        return done
    }

    fileprivate var tell: Int { position }
}

/// One sound that libsndfile decodes.
final class SoundFileHandle {
    /// What libsndfile found.
    let info: SF_INFO
    private let raw: OpaquePointer
    private let input: VirtualInput

    struct OpenError: Error {
        var message: String
    }

    /// Opens a format that libsndfile recognises, or raw samples when `rawFormat` describes them.
    init(_ input: VirtualInput, rawFormat: SF_INFO = SF_INFO()) throws(OpenError) {
        self.input = input
        var callbacks = SF_VIRTUAL_IO(
            get_filelen: { sf_count_t(SoundFileHandle.input($0).length) },
            seek: { sf_count_t(SoundFileHandle.input($2).seek(Int($0), $1)) },
            read: { sf_count_t(SoundFileHandle.input($2).read($0!, Int($1))) },
            write: { _, _, _ in 0 },
            tell: { sf_count_t(SoundFileHandle.input($0).tell) })
        var info = rawFormat
        guard let raw = sf_open_virtual(&callbacks, Int32(SFM_READ), &info, Unmanaged.passUnretained(input).toOpaque()) else {
            throw OpenError(message: Self.sentence(String(cString: sf_strerror(nil))))
        }
        self.raw = raw
        self.info = info
    }

    deinit { sf_close(raw) }

    /// Reads up to `frames` frames, interleaved, and returns how many came.
    func read(_ samples: UnsafeMutablePointer<Float>, frames: Int) -> Int {
        max(0, Int(sf_readf_float(raw, samples, sf_count_t(frames))))
    }

    /// Moves to a frame; false when the stream cannot be decoded there.
    func seek(to frame: Int) -> Bool { sf_seek(raw, sf_count_t(frame), SEEK_SET) == sf_count_t(frame) }

    /// What went wrong in the last call, nil when nothing did.
    var error: String? {
        sf_error(raw) == 0 ? nil : Self.sentence(String(cString: sf_strerror(raw)))
    }

    private static func input(_ pointer: UnsafeMutableRawPointer?) -> VirtualInput {
        Unmanaged<VirtualInput>.fromOpaque(pointer!).takeUnretainedValue()
    }

    /// libsndfile's wording without its "Error :" and full stop.
    private static func sentence(_ message: String) -> String {
        var text = Substring(message)
        for prefix in ["Error : ", "Error: "] where text.hasPrefix(prefix) { text = text.dropFirst(prefix.count) }
        while text.last == "." || text.last == " " { text = text.dropLast() }
        return String(text)
    }
}

extension SF_INFO {
    /// Describes headerless samples.
    init(raw format: SampleFormat) {
        self.init()
        samplerate = Int32(format.sampleRate)
        channels = Int32(format.channels)
        self.format = Int32(SF_FORMAT_RAW) | format.encoding.subtype | Int32(format.isBigEndian ? SF_ENDIAN_BIG : SF_ENDIAN_LITTLE)
    }
}

extension SampleEncoding {
    /// libsndfile's code.
    var subtype: Int32 {
        let code = switch self {
        case .unsigned8: SF_FORMAT_PCM_U8
        case .signed8: SF_FORMAT_PCM_S8
        case .integer16: SF_FORMAT_PCM_16
        case .integer24: SF_FORMAT_PCM_24
        case .integer32: SF_FORMAT_PCM_32
        case .float32: SF_FORMAT_FLOAT
        case .float64: SF_FORMAT_DOUBLE
        case .muLaw: SF_FORMAT_ULAW
        case .aLaw: SF_FORMAT_ALAW
        case .imaADPCM: SF_FORMAT_IMA_ADPCM
        case .microsoftADPCM: SF_FORMAT_MS_ADPCM
        case .gsm610: SF_FORMAT_GSM610
        case .alac: SF_FORMAT_ALAC_16
        case .vorbis: SF_FORMAT_VORBIS
        case .opus: SF_FORMAT_OPUS
        case .mpegAudio: SF_FORMAT_MPEG_LAYER_III
        }
        return Int32(code)
    }

    /// The encoding behind a libsndfile format, and its bits where they are known.
    static func of(format: Int32) -> (encoding: SampleEncoding, bits: Int?)? {
        switch Int(format) & SF_FORMAT_SUBMASK {
        case SF_FORMAT_PCM_S8: (.signed8, 8)
        case SF_FORMAT_PCM_16: (.integer16, 16)
        case SF_FORMAT_PCM_24: (.integer24, 24)
        case SF_FORMAT_PCM_32: (.integer32, 32)
        case SF_FORMAT_ALAC_16: (.alac, 16)
        case SF_FORMAT_ALAC_20: (.alac, 20)
        case SF_FORMAT_ALAC_24: (.alac, 24)
        case SF_FORMAT_ALAC_32: (.alac, 32)
        case SF_FORMAT_VORBIS: (.vorbis, nil)
        case SF_FORMAT_OPUS: (.opus, nil)
        case SF_FORMAT_MPEG_LAYER_I, SF_FORMAT_MPEG_LAYER_II, SF_FORMAT_MPEG_LAYER_III: (.mpegAudio, nil)
        default: nil
        }
    }
}
