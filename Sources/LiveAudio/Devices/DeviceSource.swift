import Foundation

/// The frames that a device captured.
public final class DeviceSource: FrameSource {
    public let name: String
    public let sampleRate: Int
    public var channels: Int { bridge.inputChannels }
    private let bridge: DeviceBridge

    public init(_ bridge: DeviceBridge, name: String, sampleRate: Int) {
        (self.bridge, self.name, self.sampleRate) = (bridge, name, sampleRate)
    }

    public func read(into frames: UnsafeMutablePointer<Float>, capacity: Int) -> FrameArrival {
        bridge.keepLatency()
        let count = bridge.captured.read(into: frames, count: capacity)
        if count > 0 { return .frames(count) }
        usleep(500)
        return .nothingYet
    }

    public func account(in report: inout StreamReport) { report.droppedFrames = bridge.droppedFrames }
}
