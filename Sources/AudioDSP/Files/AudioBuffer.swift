/// Sound in memory: one array of samples per channel, all of one length.
///
/// Samples are nominally in [-1, 1]; floating-point files may exceed that and are kept as they are.
public struct AudioBuffer: Sendable, Equatable {
    /// `channels[c][n]` is sample `n` of channel `c`.
    public var channels: [[Float]]
    /// Frames per second.
    public var sampleRate: Int

    public init(channels: [[Float]], sampleRate: Int) {
        precondition(channels.allSatisfy { $0.count == channels[0].count }, "channels differ in length")
        self.channels = channels
        self.sampleRate = sampleRate
    }

    /// Samples per channel.
    public var frameCount: Int { channels.first?.count ?? 0 }

    /// Seconds.
    public var duration: Double { Double(frameCount) / Double(sampleRate) }

    /// Adds the frames of `other`, which has the same rate and channel count, at the end.
    public mutating func append(_ other: AudioBuffer) {
        precondition(other.channels.count == channels.count && other.sampleRate == sampleRate, "buffers do not match")
        for channel in channels.indices { channels[channel].append(contentsOf: other.channels[channel]) }
    }

    /// The mean of all channels.
    public var mono: [Float] {
        guard channels.count > 1 else { return channels.first ?? [] }
        var sum = channels[0]
        for channel in channels.dropFirst() {
            for index in sum.indices { sum[index] += channel[index] }
        }
        let scale = 1 / Float(channels.count)
        for index in sum.indices { sum[index] *= scale }
        return sum
    }
}
