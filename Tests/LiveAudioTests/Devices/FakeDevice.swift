@testable import LiveAudio

/// A device whose callback the test makes, with the work done in between as the test wants.
///
/// It captures 1, 2, 3, … and keeps what it plays.
final class FakeDevice {
    let bridge: DeviceBridge
    let pump: StreamPump
    let block: Int
    private(set) var played: [Float] = []
    private var next: Float = 1

    init(block: Int, margin: Int, capacity: Int = 4_096, latency: Int = 0) throws {
        self.block = block
        bridge = DeviceBridge(inputChannels: 1, outputChannels: 1, margin: margin, blockFrames: block, capacity: capacity)
        pump = try StreamPump(
            from: DeviceSource(bridge, name: "in", sampleRate: 16_000), through: DelayStream(latency: latency),
            to: DeviceSink(bridge, name: "out", sampleRate: 16_000))
    }

    /// The device's next block.
    func tick(input frames: Int? = nil, output: Int? = nil) {
        let (taken, given) = (frames ?? block, output ?? block)
        if given > 0 {
            var out = [Float](repeating: -1, count: given)
            bridge.exchange(input: nil, output: &out, frames: given)
            played += out
        }
        if taken > 0 {
            let samples = (0..<taken).map { next + Float($0) }
            next += Float(taken)
            bridge.exchange(input: samples, output: nil, frames: taken)
        }
    }

    /// The work, as far as there is any.
    func work() throws {
        while bridge.captured.count > 0 { try pump.step() }
    }

    /// Frames between a value's capture and its playing, for the last value played; nil after silence.
    var latency: Int? {
        guard let value = played.last, value > 0 else { return nil }
        return played.count - Int(value)
    }
}
