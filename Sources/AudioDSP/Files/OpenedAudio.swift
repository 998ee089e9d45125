import CSndfile

/// An audio file whose structure has been checked and whose decoder is ready.
///
/// Linear and companded samples are located by our own parsers and reach libsndfile without their header; coded
/// streams (FLAC, Ogg, MPEG, Apple Lossless) are opened by the library after a look at their frame.
struct OpenedAudio {
    let source: ByteSource
    private(set) var handle: SoundFileHandle
    private(set) var info: AudioFileInfo
    private(set) var expectedFrames: Int?
    private(set) var frameLimit: Int?

    init(path: String) throws {
        let source = try ByteSource(path: path)
        guard source.length != 0, !source.bytes(at: 0, count: 1).isEmpty else {
            if let failure = source.failure { throw AudioFileError.readFailed(path: source.name, reason: systemReason(failure)) }
            throw AudioFileError.empty(path: source.name)
        }
        switch FileSignature.of(source) {
        case .riff:
            try self.init(source, layout: RIFFParser.parse(source))
        case .au:
            try self.init(source, layout: AUParser.parse(source))
        case .wave64:
            try source.spool()
            try self.init(source, layout: Wave64Parser.parse(source))
        case .aiff:
            try source.spool()
            try self.init(source, layout: AIFFParser.parse(source))
        case .caf:
            try source.spool()
            switch try CAFParser.parse(source) {
            case .linear(let layout): try self.init(source, layout: layout)
            case .appleLossless: try self.init(source, coded: .caf)
            }
        case .flac:
            try source.spool()
            try self.init(source, coded: .flac)
        case .ogg:
            try source.spool()
            try self.init(source, coded: .ogg)
        case .mpegAudio:
            try source.spool()
            try self.init(source, coded: .mp3)
        case .foreign(let name):
            throw AudioFileError.unsupported(path: source.name, format: name)
        case .other(let resemblance):
            throw AudioFileError.notAudio(path: source.name, looksLike: resemblance)
        }
    }

    // MARK: Samples we locate

    private init(_ source: ByteSource, layout: SampleLayout) throws {
        self.source = source
        let format = layout.format
        var info = AudioFileInfo(
            path: source.name, sampleRate: format.sampleRate, channels: format.channels, container: layout.container,
            encoding: format.encoding)
        info.isExtensible = format.isExtensible
        info.channelMask = format.channelMask
        info.bitsPerSample = format.validBits ?? format.encoding.integerBits
        info.metadata = layout.metadata
        info.warnings = layout.warnings

        if let bytesPerFrame = format.bytesPerFrame {
            expectedFrames = Self.settleLength(of: &info, layout) { $0 / bytesPerFrame }
            frameLimit = expectedFrames
            if let length = layout.dataLength, length % bytesPerFrame > 0, !info.isTruncated {
                info.warnings.append("\(length % bytesPerFrame) bytes at the end are no whole frame and were dropped")
            }
            source.forgetHeader()
            let input = VirtualInput(
                source: source, windowStart: layout.dataOffset, windowLength: layout.dataLength.map { $0 - $0 % bytesPerFrame })
            handle = try Self.open(input, as: SF_INFO(raw: format), path: source.name)
        } else {
            try source.spool()
            var layout = layout
            layout.dataLength = min(layout.dataLength ?? .max, max(0, (source.length ?? 0) - layout.dataOffset), Int(Int32.max))
            let block = format.block ?? (1, 1)
            _ = Self.settleLength(of: &info, layout) { $0 / block.bytes * block.frames }
            if let stated = layout.statedFrames, let count = info.frameCount, stated < count, stated > count - block.frames {
                info.frameCount = stated
            }
            let length = layout.dataLength! / block.bytes * block.bytes
            let header = WaveHeader.minimal(
                formatChunk: format.formatChunk, frames: length / block.bytes * block.frames, dataLength: length)
            let input = VirtualInput(source: source, prefix: header, windowStart: layout.dataOffset, windowLength: length)
            handle = try Self.open(input, path: source.name)
            frameLimit = info.frameCount
        }
        self.info = info
    }

    /// Compares what the header promises with what is there. Returns the frames that a pipe must still bring.
    private static func settleLength(of info: inout AudioFileInfo, _ layout: SampleLayout, frames: (Int) -> Int) -> Int? {
        info.frameCount = layout.dataLength.map(frames)
        guard let claimed = layout.claimedLength else { return nil }
        // Room for a codec's factor above any real size.
        let claimedFrames = frames(Int(min(claimed, 1 << 48)))
        guard let present = info.frameCount else {
            info.frameCount = claimedFrames
            return claimedFrames
        }
        if claimedFrames > present {
            info.claimedFrameCount = claimedFrames
            info.isTruncated = true
            info.warnings.append(info.truncationWarning)
        }
        return nil
    }

    // MARK: Coded streams

    private init(_ source: ByteSource, coded container: AudioContainer) throws {
        self.source = source
        let isCutOgg = container == .ogg && !OggPages.isComplete(source)
        let mpeg = container == .mp3 ? MPEGStream(source) : nil
        func newInput() -> VirtualInput {
            VirtualInput(source: source, windowStart: mpeg?.start ?? 0, windowLength: mpeg.map { $0.end - $0.start } ?? source.length)
        }
        do {
            handle = try Self.open(newInput(), path: source.name)
        } catch let error as AudioFileError {
            throw isCutOgg ? .malformed(path: source.name, reason: "the end of the Ogg stream is missing, so it cannot be decoded") : error
        }
        let found = handle.info
        guard let encoding = SampleEncoding.of(format: found.format) else {
            throw AudioFileError.unsupported(path: source.name, format: "\(container.rawValue) with an unknown codec")
        }
        guard AudioFileLimits.channels.contains(Int(found.channels)) else {
            throw AudioFileError.channelCount(path: source.name, channels: Int(found.channels))
        }
        guard AudioFileLimits.sampleRates.contains(Int(found.samplerate)) else {
            throw AudioFileError.sampleRate(path: source.name, rate: String(found.samplerate))
        }
        info = AudioFileInfo(
            path: source.name, sampleRate: Int(found.samplerate), channels: Int(found.channels), container: container,
            encoding: encoding.encoding)
        info.bitsPerSample = encoding.bits
        let claimed = Int(found.frames)
        // No codec here makes more than 65,535 frames of ten bytes.
        if claimed < 0 || claimed > (source.length ?? 0) / 10 * 65_535 {
            info.warnings.append("the header claims \(claimed) frames, more than the file can hold: the length is unknown")
        } else if claimed > 0 || container != .flac {
            info.frameCount = claimed
            if container != .mp3 { expectedFrames = claimed }
        }
        if let mpeg {
            if mpeg.gaps > 0 { info.warnings.append("damaged: bytes that are no MPEG frames lie between the frames in \(mpeg.gaps) places") }
            if mpeg.isTruncated {
                info.isTruncated = true
                info.claimedFrameCount = mpeg.statedSamples.flatMap { $0 > mpeg.samples ? $0 : nil }
                info.frameCount = min(info.frameCount ?? .max, mpeg.samples)
                info.warnings.append(info.truncationWarning)
            }
        } else if isCutOgg {
            info.isTruncated = true
            info.warnings.append(info.truncationWarning)
        } else if container == .flac, claimed > 0, info.frameCount != nil, let present = Self.decodableFrames(newInput, claimed: claimed, channels: info.channels)
        {
            guard present > 0 else {
                throw AudioFileError.malformed(path: source.name, reason: "no frame of its \(claimed) samples can be decoded")
            }
            info.claimedFrameCount = claimed
            info.frameCount = present
            info.isTruncated = true
            info.warnings.append(info.truncationWarning)
        }
    }

    /// Tries the last frame of a FLAC stream; when it cannot be decoded, counts how many can. Nil for a whole stream.
    private static func decodableFrames(_ newInput: () -> VirtualInput, claimed: Int, channels: Int) -> Int? {
        guard let probe = try? SoundFileHandle(newInput()) else { return nil }
        let block = 4096
        var samples = [Float](repeating: 0, count: block * channels)
        return samples.withUnsafeMutableBufferPointer { buffer -> Int? in
            if probe.seek(to: claimed - 1), probe.read(buffer.baseAddress!, frames: 1) == 1, probe.error == nil { return nil }
            guard let counter = try? SoundFileHandle(newInput()) else { return 0 }
            var count = 0
            while count < claimed {
                let came = counter.read(buffer.baseAddress!, frames: block)
                count += came
                if came == 0 || counter.error != nil { break }
            }
            return count >= claimed ? nil : count
        }
    }

    private static func open(_ input: VirtualInput, as raw: SF_INFO = SF_INFO(), path: String) throws -> SoundFileHandle {
        do {
            return try SoundFileHandle(input, rawFormat: raw)
        } catch {
            throw AudioFileError.malformed(path: path, reason: error.message)
        }
    }
}
