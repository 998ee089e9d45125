import Synchronization

/// Where a device's callback meets the thread that works: two queues, and counters of what did not fit.
///
/// The callback calls ``exchange(input:output:frames:)``, which only copies. The other thread reads and writes through
/// ``DeviceSource`` and ``DeviceSink``. Between a frame's capture and its playing lie ``margin`` frames, so the work may
/// take as long as these last, less a block. When it takes longer, silence is played and counted as late; as many frames
/// of input are then left out and counted as dropped, and the latency is what it was.
public final class DeviceBridge: @unchecked Sendable {
    /// Frames from input to output.
    public let margin: Int
    /// Zero where there is no input or output.
    public let inputChannels: Int, outputChannels: Int

    let captured: SampleRing, played: SampleRing
    private let blockFrames: Int
    private let keeper: LatencyKeeper
    private let isPlaying = Atomic<Bool>(false)
    private let inputCalls = Atomic<Int>(0), outputCalls = Atomic<Int>(0)
    // Of the callbacks.
    private let starved = Atomic<Int>(0), overflown = Atomic<Int>(0)
    // Of the thread that works.
    private let inserted = Atomic<Int>(0), skipped = Atomic<Int>(0)
    private var corrected = 0
    private var hasBegun = false

    /// - Parameters:
    ///   - margin: frames; at least two blocks.
    ///   - blockFrames: the most frames that a device takes or gives at once.
    ///   - capacity: frames that may wait on the way in or out.
    public init(inputChannels: Int, outputChannels: Int, margin: Int, blockFrames: Int, capacity: Int) {
        (self.inputChannels, self.outputChannels) = (inputChannels, outputChannels)
        (self.margin, self.blockFrames) = (margin, blockFrames)
        captured = SampleRing(channels: max(1, inputChannels), capacity: capacity)
        played = SampleRing(channels: max(1, outputChannels), capacity: capacity)
        keeper = LatencyKeeper(margin: margin, blockFrames: blockFrames)
        _ = played.write(nil, count: margin - blockFrames)
    }

    /// Frames of silence played because the sound came too late.
    public var lateFrames: Int { starved.load(ordering: .relaxed) + inserted.load(ordering: .relaxed) }
    /// Frames of input that were left out.
    public var droppedFrames: Int { overflown.load(ordering: .relaxed) + skipped.load(ordering: .relaxed) }
    /// How often each side's device called.
    public var callbackCounts: (input: Int, output: Int) {
        (inputCalls.load(ordering: .relaxed), outputCalls.load(ordering: .relaxed))
    }

    /// Called on the audio thread: takes the input's frames and fills the output's. Interleaved.
    public func exchange(input: UnsafePointer<Float>?, output: UnsafeMutablePointer<Float>?, frames: Int) {
        if let output {
            outputCalls.add(1, ordering: .relaxed)
            let isWanted = isPlaying.load(ordering: .acquiring)
            let count = isWanted ? played.read(into: output, count: frames) : 0
            (output + count * outputChannels).update(repeating: 0, count: (frames - count) * outputChannels)
            if isWanted, count < frames { starved.add(frames - count, ordering: .relaxed) }
        }
        if let input {
            inputCalls.add(1, ordering: .relaxed)
            let count = captured.write(input, count: frames)
            if count < frames { overflown.add(frames - count, ordering: .relaxed) }
        }
    }

    /// Whether what waits is played, and silence that is played instead counts as late.
    func setPlaying(_ isOn: Bool) { isPlaying.store(isOn, ordering: .releasing) }

    /// Brings the latency back to what it was; called by the thread that works, between two blocks.
    func keepLatency() {
        guard inputChannels > 0, outputChannels > 0, captured.count > 0 else { return }
        guard hasBegun else {
            // What came before the work began.
            hasBegun = true
            _ = captured.read(into: nil, count: captured.count - blockFrames)
            return
        }
        let shift = starved.load(ordering: .relaxed) - overflown.load(ordering: .relaxed) - corrected
        let correction = keeper.correction(shift: shift, waiting: captured.count + played.count)
        guard correction != 0 else { return }
        let done: Int
        if correction > 0 {
            done = captured.read(into: nil, count: correction)
            skipped.add(done, ordering: .relaxed)
        } else {
            done = -played.write(nil, count: -correction)
            inserted.add(-done, ordering: .relaxed)
        }
        if shift != 0 { corrected += done }
    }
}
