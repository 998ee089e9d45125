import Foundation

/// What a file that is to be written consists of.
public struct AudioFileFormat: Sendable, Equatable {
    public var container: AudioContainer
    public var encoding: SampleEncoding
    /// WAVE_FORMAT_EXTENSIBLE; WAV only.
    public var isExtensible = false
    /// Speaker positions; WAVE_FORMAT_EXTENSIBLE only.
    public var channelMask: UInt32?
    /// Chunks carried over from the input; WAV only.
    public var metadata = AudioFileMetadata()
    /// What the input has and this format does not carry, such as `bext`.
    public var droppedMetadata: [String] = []

    public init(_ container: AudioContainer, _ encoding: SampleEncoding) {
        self.container = container
        self.encoding = encoding
    }

    /// 16-bit WAV.
    public static let wav16 = AudioFileFormat(.wav, .integer16)
    /// 32-bit float WAV.
    public static let wavFloat = AudioFileFormat(.wav, .float32)

    /// The format that the extension of `outputPath` names; "-" is WAV.
    ///
    /// WAV, AIFF, CAF, AU and Wave64 keep the bit depth of an uncompressed or lossless input and are 16-bit after a
    /// lossy one or none; FLAC has 16 bits, or 24 when the input has more than 16. WAV from WAV keeps
    /// WAVE_FORMAT_EXTENSIBLE and the metadata chunks.
    /// - Throws: ``AudioFileError/unknownOutputFormat(path:)``.
    public static func matching(outputPath: String, input: AudioFileInfo? = nil) throws -> AudioFileFormat {
        let name = (outputPath as NSString).lastPathComponent
        let fileExtension = outputPath == "-" ? "wav" : (name as NSString).pathExtension.lowercased()
        guard let (container, fixed) = extensions[fileExtension] else {
            throw AudioFileError.unknownOutputFormat(path: outputPath)
        }
        var format = AudioFileFormat(container, fixed ?? linearEncoding(in: container, like: input?.encoding, bits: input?.bitsPerSample))
        guard let input else { return format }
        format.droppedMetadata = input.metadata.dropped
        let isFromWav = input.container == .wav || input.container == .rf64
        if container == .wav {
            format.isExtensible = input.isExtensible
            format.channelMask = input.channelMask
            if isFromWav { format.metadata = input.metadata }
        } else {
            format.droppedMetadata += input.metadata.chunks.map { $0.identifier.trimmingCharacters(in: .whitespaces) }
        }
        return format
    }

    /// A sentence for the user when the bit depth is not the input's: lossy inputs have none.
    public func note(for input: AudioFileInfo) -> String? {
        guard encoding.integerBits == 16, container != .flac, input.encoding != .integer16, input.container != .flac else { return nil }
        return "\(input.encoding.rawValue) input: written as 16-bit \(container.rawValue)"
    }

    private static let extensions: [String: (AudioContainer, SampleEncoding?)] = [
        "wav": (.wav, nil), "wave": (.wav, nil), "bwf": (.wav, nil), "rf64": (.wav, nil), "w64": (.wave64, nil),
        "aif": (.aiff, nil), "aiff": (.aiff, nil), "aifc": (.aiff, nil), "au": (.au, nil), "snd": (.au, nil), "caf": (.caf, nil),
        "flac": (.flac, nil), "ogg": (.ogg, .vorbis), "oga": (.ogg, .vorbis), "opus": (.ogg, .opus), "mp3": (.mp3, .mpegAudio),
    ]

    private static func linearEncoding(in container: AudioContainer, like input: SampleEncoding?, bits: Int?) -> SampleEncoding {
        var encoding = input ?? .integer16
        if encoding == .alac { encoding = (bits ?? 16) > 16 ? .integer24 : .integer16 }
        if encoding.integerBits == nil && !encoding.isFloatingPoint { encoding = .integer16 }
        switch container {
        case .flac:
            return (encoding.integerBits ?? 24) > 16 ? .integer24 : .integer16
        case .wav, .rf64, .wave64:
            return encoding == .signed8 ? .unsigned8 : encoding
        default:
            return encoding == .unsigned8 ? .signed8 : encoding
        }
    }
}

extension AudioFileFormat {
    /// The rate to write a sound of `rate` Hz at: `rate` itself, or the nearest possible one above for formats that
    /// know only a few (Opus, MP3). The caller resamples when it differs.
    /// - Throws: ``AudioFileError/formatLimit(path:limit:advice:)`` when the format cannot hold that rate.
    public func supportedSampleRate(for rate: Int, path: String = "output") throws -> Int {
        guard AudioFileLimits.sampleRates.contains(rate) else { throw AudioFileError.sampleRate(path: path, rate: String(rate)) }
        if let rates = fixedSampleRates {
            return rates.first { $0 >= rate } ?? rates[rates.count - 1]
        }
        if let limit = rateLimit(rate) {
            throw AudioFileError.formatLimit(path: path, limit: limit, advice: "write .wav or give --rate")
        }
        return rate
    }

    /// Throws unless the format holds `channels` channels at `sampleRate` Hz.
    func check(path: String, sampleRate: Int, channels: Int) throws {
        guard AudioFileLimits.channels.contains(channels) else {
            throw AudioFileError.channelCount(path: path, channels: channels)
        }
        if channels > maximumChannels {
            throw AudioFileError.formatLimit(
                path: path, limit: "\(displayName) holds at most \(maximumChannels) channels, not \(channels)", advice: "write .wav")
        }
        let possible = try supportedSampleRate(for: sampleRate, path: path)
        if possible != sampleRate {
            throw AudioFileError.formatLimit(
                path: path, limit: "\(displayName) does not hold \(sampleRate) Hz", advice: "resample to \(possible) Hz")
        }
    }

    /// The format's everyday name.
    public var displayName: String {
        switch (container, encoding) {
        case (.ogg, .vorbis): "Ogg Vorbis"
        case (.ogg, .opus): "Opus"
        default: container.rawValue
        }
    }

    private var fixedSampleRates: [Int]? {
        switch (container, encoding) {
        case (.ogg, .opus): [8_000, 12_000, 16_000, 24_000, 48_000]
        case (.mp3, _): [8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000]
        default: nil
        }
    }

    private func rateLimit(_ rate: Int) -> String? {
        switch (container, encoding) {
        case (.ogg, .vorbis) where rate > 200_000: "Ogg Vorbis holds at most 200 kHz"
        case (.flac, _) where rate > 655_350: "FLAC holds at most 655,350 Hz"
        case (.flac, _) where rate > 65_535 && rate % 10 != 0: "FLAC holds rates over 65,535 Hz only in steps of 10 Hz"
        default: nil
        }
    }

    private var maximumChannels: Int {
        switch (container, encoding) {
        case (.ogg, _): 255
        case (.flac, _): 8
        case (.mp3, _): 2
        default: AudioFileLimits.channels.upperBound
        }
    }
}
