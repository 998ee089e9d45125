/// Where frames come from, as they come.
public protocol FrameSource: AnyObject {
    /// What messages call it.
    var name: String { get }
    /// In Hz.
    var sampleRate: Int { get }
    var channels: Int { get }

    /// Takes up to `frames` interleaved frames, waiting a tenth of a second at most.
    func read(into frames: UnsafeMutablePointer<Float>, capacity: Int) throws -> FrameArrival
    /// Writes what it knows into the report.
    func account(in report: inout StreamReport)
}

/// What one look for frames brought.
public enum FrameArrival: Equatable, Sendable {
    case frames(Int)
    case nothingYet
    case end
}

/// Where frames go.
public protocol FrameSink: AnyObject {
    var name: String { get }
    /// In Hz.
    var sampleRate: Int { get }
    var channels: Int { get }

    /// Hands interleaved frames on at once.
    ///
    /// - Returns: false when nobody takes them any more.
    func write(_ frames: UnsafePointer<Float>, count: Int) throws -> Bool
    /// Completes what was written.
    func finish() throws
    func account(in report: inout StreamReport)
}
