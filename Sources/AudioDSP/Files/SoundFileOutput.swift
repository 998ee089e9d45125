import CSndfile
import Foundation

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
