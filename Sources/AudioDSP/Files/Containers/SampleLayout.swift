/// Where the samples of an uncompressed file lie and how they are stored: the result of parsing its header.
struct SampleLayout {
    var container: AudioContainer
    var format: SampleFormat
    var dataOffset: Int
    /// Bytes of samples; nil when they go on until a pipe ends.
    var dataLength: Int?
    /// Bytes the header promises, where it promises any.
    var claimedLength: UInt64?
    /// Frames the header states for codecs whose last block is padded.
    var statedFrames: Int?
    var metadata = AudioFileMetadata()
    var warnings: [String] = []

    /// Settles how much of the promised data is there.
    ///
    /// - Parameter claimed: the size in the header; nil when the header says "unknown".
    /// - Parameter trailerFollows: whether the bytes at the start of the data look like another chunk, so that a
    ///   size of 0 is meant.
    mutating func resolveData(offset: Int, claimed: UInt64?, in source: ByteSource, trailerFollows: () -> Bool = { false }) {
        dataOffset = offset
        guard let length = source.length else {
            dataLength = nil
            claimedLength = claimed == 0 ? nil : claimed
            return
        }
        let available = max(0, length - offset)
        switch claimed {
        case nil:
            dataLength = available
        case 0? where available > 0 && !trailerFollows():
            dataLength = available
            warnings.append("the header gives a length of 0: read to the end of the file")
        case let size?:
            claimedLength = size
            dataLength = size > UInt64(available) ? available : Int(size)
        }
    }
}

/// One kind of sample: encoding, byte order, channels and rate.
struct SampleFormat {
    var encoding: SampleEncoding
    var isBigEndian = false
    var channels: Int
    var sampleRate: Int
    var isExtensible = false
    var channelMask: UInt32?
    var validBits: Int?
    /// Bytes of one block of a block codec, and the frames it decodes to.
    var block: (bytes: Int, frames: Int)?
    /// The `fmt ` chunk as it stands, for block codecs that libsndfile decodes.
    var formatChunk: [UInt8] = []
    var warnings: [String] = []

    /// Bytes of one frame of all channels; nil for block codecs.
    var bytesPerFrame: Int? { encoding.bytesPerSample.map { $0 * channels } }

    /// Throws unless rate and channel count are within ``AudioFileLimits`` and a second fits 32-bit arithmetic.
    func check(path: String) throws {
        guard AudioFileLimits.channels.contains(channels) else {
            throw AudioFileError.channelCount(path: path, channels: channels)
        }
        guard AudioFileLimits.sampleRates.contains(sampleRate) else {
            throw AudioFileError.sampleRate(path: path, rate: String(sampleRate))
        }
        let bytesPerSecond = sampleRate * channels * (encoding.bytesPerSample ?? 1)
        guard bytesPerSecond <= Int(UInt32.max) else {
            throw AudioFileError.malformed(
                path: path, reason: "\(sampleRate) Hz x \(channels) channels is more than 4 GB a second")
        }
    }
}
