/// The kinds of file that can be read.
public enum AudioContainer: String, Sendable, Codable, CaseIterable {
    case wav = "WAV"
    case rf64 = "RF64"
    case wave64 = "Wave64"
    case aiff = "AIFF"
    case au = "AU"
    case caf = "CAF"
    case flac = "FLAC"
    case ogg = "Ogg"
    case mp3 = "MP3"
}

/// How samples are stored.
public enum SampleEncoding: String, Sendable, Codable, CaseIterable {
    case unsigned8 = "8-bit unsigned PCM"
    case signed8 = "8-bit PCM"
    case integer16 = "16-bit PCM"
    case integer24 = "24-bit PCM"
    case integer32 = "32-bit PCM"
    case float32 = "32-bit float"
    case float64 = "64-bit float"
    case muLaw = "mu-law"
    case aLaw = "A-law"
    case imaADPCM = "IMA ADPCM"
    case microsoftADPCM = "Microsoft ADPCM"
    case gsm610 = "GSM 6.10"
    case alac = "Apple Lossless"
    case vorbis = "Vorbis"
    case opus = "Opus"
    case mpegAudio = "MPEG audio"

    /// Bits of a linear integer sample, nil for anything else.
    public var integerBits: Int? {
        switch self {
        case .unsigned8, .signed8: 8
        case .integer16: 16
        case .integer24: 24
        case .integer32: 32
        default: nil
        }
    }

    /// Whether samples beyond full scale, infinities and NaN can be stored.
    public var isFloatingPoint: Bool { self == .float32 || self == .float64 }

    /// Whether a sample is a fixed number of bytes that stands by itself; nil for block and perceptual codecs.
    public var bytesPerSample: Int? {
        switch self {
        case .unsigned8, .signed8, .muLaw, .aLaw: 1
        case .integer16: 2
        case .integer24: 3
        case .integer32, .float32: 4
        case .float64: 8
        default: nil
        }
    }
}

/// What is known of an audio file without decoding it.
public struct AudioFileInfo: Sendable {
    /// The path as it was given; "standard input" for "-".
    public var path: String
    public var sampleRate: Int
    public var channels: Int
    /// Frames that can be read; nil while that is unknown (a pipe, or a header without a length).
    public var frameCount: Int?
    /// Frames the header promises, when it promises more than the file can hold.
    public var claimedFrameCount: Int?
    public var container: AudioContainer
    public var encoding: SampleEncoding
    /// WAVE_FORMAT_EXTENSIBLE in a WAV family file.
    public var isExtensible = false
    /// Speaker positions of a WAVE_FORMAT_EXTENSIBLE header.
    public var channelMask: UInt32?
    /// Significant bits of a sample, where the file says so.
    public var bitsPerSample: Int?
    public var metadata = AudioFileMetadata()
    /// What a listener should be told: odd lengths, lengths that are missing, damage that was stepped over.
    public var warnings: [String] = []
    /// Whether sound is missing at the end: the header promises more, or the coded stream breaks off.
    public var isTruncated = false

    /// Seconds, when the length is known.
    public var duration: Double? { frameCount.map { Double($0) / Double(sampleRate) } }

    /// Throws ``AudioFileError/noAudio(path:)`` when the file is known to hold no frames.
    public func requireAudio() throws {
        if frameCount == 0 { throw AudioFileError.noAudio(path: path) }
    }

    var truncationError: AudioFileError {
        .truncated(
            path: path, claimed: claimedFrameCount.map { Double($0) / Double(sampleRate) },
            present: duration ?? 0)
    }
}

/// Chunks of a WAV file that describe the sound, kept byte for byte from input to output.
public struct AudioFileMetadata: Sendable, Equatable {
    public struct Chunk: Sendable, Equatable {
        /// Four characters, such as `bext`, `iXML` or `LIST`.
        public var identifier: String
        public var bytes: [UInt8]
        /// Whether the content counts in frames, so that it holds for one sample rate only (cue points, loops).
        public var isTiedToSampleRate: Bool
    }

    public var chunks: [Chunk] = []
    /// The rate of the file they come from.
    public var sampleRate: Int?
    /// Names of chunks that could not be kept: too large or damaged.
    public var dropped: [String] = []

    public init() {}

    public var isEmpty: Bool { chunks.isEmpty }
}

/// What to do with a file that breaks off before the length its header promises.
public enum TruncationPolicy: Sendable {
    /// Reading throws ``AudioFileError/truncated(path:claimed:present:)`` or ``AudioFileError/damaged(path:time:reason:)``.
    case refuse
    /// What is there is read, and a warning is added to the file's ``AudioFileInfo/warnings``.
    case accept
}
