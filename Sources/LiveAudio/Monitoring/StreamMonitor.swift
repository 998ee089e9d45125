import Synchronization

/// Counters and levels of a stream at work. One thread counts, any may look.
public final class StreamMonitor: Sendable {
    private let input = Atomic<Int>(0), output = Atomic<Int>(0), nonFinite = Atomic<Int>(0), busy = Atomic<Int>(0)
    /// Bit patterns; those of positive floats are ordered as the floats are.
    private let inputPeak = Atomic<UInt32>(0), outputPeak = Atomic<UInt32>(0)

    public init() {}

    public var framesIn: Int { input.load(ordering: .relaxed) }
    public var framesOut: Int { output.load(ordering: .relaxed) }
    public var nonFiniteSamples: Int { nonFinite.load(ordering: .relaxed) }

    /// Time spent processing over the duration of the sound.
    public func load(sampleRate: Int) -> Double {
        let seconds = Double(framesIn) / Double(max(1, sampleRate))
        return seconds > 0 ? Double(busy.load(ordering: .relaxed)) * 1e-9 / seconds : 0
    }

    /// The largest magnitudes since this was last asked.
    public func takePeaks() -> (input: Float, output: Float) {
        (Float(bitPattern: inputPeak.exchange(0, ordering: .relaxed)), Float(bitPattern: outputPeak.exchange(0, ordering: .relaxed)))
    }

    func countInput(_ samples: UnsafePointer<Float>, samples count: Int, frames: Int) {
        input.add(frames, ordering: .relaxed)
        Self.note(Self.peak(samples, count), in: inputPeak)
    }

    func countOutput(_ samples: UnsafePointer<Float>, samples count: Int, frames: Int) {
        output.add(frames, ordering: .relaxed)
        Self.note(Self.peak(samples, count), in: outputPeak)
    }

    func countNonFinite(_ count: Int) { nonFinite.add(count, ordering: .relaxed) }
    func countWork(_ nanoseconds: Int) { busy.add(nanoseconds, ordering: .relaxed) }

    private static func peak(_ samples: UnsafePointer<Float>, _ count: Int) -> Float {
        var peak: Float = 0
        for index in 0..<count { peak = max(peak, abs(samples[index])) }
        return peak
    }

    private static func note(_ peak: Float, in cell: borrowing Atomic<UInt32>) { cell.max(peak.bitPattern, ordering: .relaxed) }
}
