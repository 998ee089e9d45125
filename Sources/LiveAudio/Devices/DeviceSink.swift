import Foundation

/// The frames that a device plays.
public final class DeviceSink: FrameSink {
    public let name: String
    public let sampleRate: Int
    public var channels: Int { bridge.outputChannels }
    private let bridge: DeviceBridge
    private let isStopRequested: @Sendable () -> Bool

    /// - Parameter isStopRequested: asked while the device has no room; true gives up.
    public init(
        _ bridge: DeviceBridge, name: String, sampleRate: Int, isStopRequested: @escaping @Sendable () -> Bool = { false }
    ) {
        (self.bridge, self.name, self.sampleRate, self.isStopRequested) = (bridge, name, sampleRate, isStopRequested)
    }

    public func write(_ frames: UnsafePointer<Float>, count: Int) -> Bool {
        var done = 0
        while true {
            done += bridge.played.write(frames + done * channels, count: count - done)
            bridge.setPlaying(true)
            if done == count { return true }
            if isStopRequested() { return false }
            usleep(1_000)
        }
    }

    /// Waits until all is played, unless sound would come on and on.
    public func finish() {
        let deadline = Date() + 2 + Double(bridge.played.count) / Double(sampleRate)
        while bridge.inputChannels == 0, bridge.played.count > 0, !isStopRequested(), Date() < deadline { usleep(500) }
        bridge.setPlaying(false)
    }

    public func account(in report: inout StreamReport) {
        report.lateFrames = bridge.lateFrames
        report.latencyFrames += bridge.inputChannels > 0 ? bridge.margin : 0
    }
}
