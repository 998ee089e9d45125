import Foundation

/// What a look at every sample found: how large they are, and which are no numbers.
///
/// Feed it the blocks of a file in order; it takes no memory.
public struct SampleInspection: Sendable {
    /// Samples of all channels so far.
    public private(set) var samples = 0
    /// NaN and infinite samples so far.
    public private(set) var nonFiniteCount = 0
    /// Frame of the first of them.
    public private(set) var firstNonFiniteFrame: Int?
    /// "NaN", "+Inf" or "-Inf".
    public private(set) var firstNonFiniteValue: String?
    /// The largest finite magnitude.
    public private(set) var peak: Float = 0
    private var frames = 0
    private var sampleRate = 1

    public init() {}

    /// Looks at the next block.
    public mutating func inspect(_ block: AudioBuffer) {
        sampleRate = block.sampleRate
        for channel in block.channels {
            // Without its sign a float's bits order like its magnitude; infinities and NaN come last.
            let largest = channel.reduce(Int32(0)) { max($0, Int32(bitPattern: $1.bitPattern & 0x7FFF_FFFF)) }
            if largest < 0x7F80_0000 {
                peak = max(peak, Float(bitPattern: UInt32(largest)))
            } else {
                inspectSlowly(channel)
            }
        }
        samples += block.frameCount * block.channels.count
        frames += block.frameCount
    }

    private mutating func inspectSlowly(_ channel: [Float]) {
        for (index, sample) in channel.enumerated() {
            if sample.isFinite {
                peak = max(peak, abs(sample))
                continue
            }
            nonFiniteCount += 1
            if frames + index < firstNonFiniteFrame ?? .max {
                firstNonFiniteFrame = frames + index
                firstNonFiniteValue = sample.isNaN ? "NaN" : sample > 0 ? "+Inf" : "-Inf"
            }
        }
    }

    /// Throws ``AudioFileError/nonFinite(path:value:time:count:samples:)`` when a sample is no number.
    public func requireFinite(path: String) throws {
        guard let frame = firstNonFiniteFrame, let value = firstNonFiniteValue else { return }
        throw AudioFileError.nonFinite(
            path: path, value: value, time: Double(frame) / Double(sampleRate), count: nonFiniteCount, samples: samples)
    }

    /// A sentence when samples lie far above full scale, as 16-bit integers stored as floats do.
    public var warning: String? {
        guard peak > 16 else { return nil }
        let shown = peak < 1e6 ? String(format: "%.0f", peak) : String(format: "%.1e", peak)
        return "peak \(shown) is far above full scale (1.0)" + (peak <= 40_000 && peak > 256 ? ": is this 16-bit data?" : "")
    }
}
