import Synchronization

/// Keeps the last seconds of a stream's input, so that a voice can be enrolled while it runs.
///
/// The stream's thread appends, another one requests and takes; neither waits for the other. Memory is allocated once.
public final class EnrollmentRecorder: @unchecked Sendable {
    /// Which seconds are wanted.
    public enum Span: Sendable {
        /// Those that follow the request.
        case next
        /// Those before the request, as many as were heard.
        case last
    }

    private enum State {
        static let listening = 0, lastWanted = 1, nextWanted = 2, complete = 3
    }

    /// In Hz.
    public let sampleRate: Int
    public let channels: Int
    public let capacity: Int
    private let ring: UnsafeMutablePointer<Float>
    // The stream's thread owns these while the state is not `complete`, the other one then.
    private var position = 0, filled = 0, missing = 0
    private let state = Atomic<Int>(State.listening)
    private let left = Atomic<Int>(0)

    /// - Parameter seconds: above 0.
    public init(seconds: Double, sampleRate: Int, channels: Int) {
        (self.sampleRate, self.channels) = (sampleRate, channels)
        capacity = max(1, Int(seconds * Double(sampleRate)))
        ring = .allocate(capacity: capacity * channels)
        ring.initialize(repeating: 0, count: capacity * channels)
    }

    deinit { ring.deallocate() }

    /// Asks for a recording. Does nothing while one is under way.
    public func request(_ span: Span) {
        let wanted = span == .last ? State.lastWanted : State.nextWanted
        left.store(span == .last ? 0 : capacity, ordering: .relaxed)
        _ = state.compareExchange(expected: State.listening, desired: wanted, ordering: .acquiringAndReleasing)
    }

    /// Seconds until a requested recording is complete; nil when none is under way.
    public var secondsLeft: Double? {
        let current = state.load(ordering: .acquiring)
        guard current == State.nextWanted || current == State.lastWanted else { return nil }
        return Double(left.load(ordering: .relaxed)) / Double(sampleRate)
    }

    /// A complete recording, `[channels][frames]`, and begins to listen again; nil when there is none.
    public func take() -> [[Float]]? {
        guard state.load(ordering: .acquiring) == State.complete else { return nil }
        let start = (position - filled + capacity) % capacity
        let recording = (0..<channels).map { channel in
            (0..<filled).map { ring[(start + $0) % capacity * channels + channel] }
        }
        (position, filled, missing) = (0, 0, 0)
        state.store(State.listening, ordering: .releasing)
        return recording
    }

    /// - Parameter frames: interleaved.
    func append(_ samples: UnsafePointer<Float>, frames: Int) {
        switch state.load(ordering: .acquiring) {
        case State.complete: return
        case State.lastWanted:
            missing = 0
            state.store(State.complete, ordering: .releasing)
            return
        case State.nextWanted:
            if missing == 0 { (missing, filled, position) = (capacity, 0, 0) }
            let count = min(frames, missing)
            copy(samples, count)
            missing -= count
            left.store(missing, ordering: .relaxed)
            if missing == 0 { state.store(State.complete, ordering: .releasing) }
        default:
            copy(samples, frames)
        }
    }

    private func copy(_ samples: UnsafePointer<Float>, _ count: Int) {
        for frame in 0..<count {
            for channel in 0..<channels { ring[position * channels + channel] = samples[frame * channels + channel] }
            position = position + 1 == capacity ? 0 : position + 1
        }
        filled = min(capacity, filled + count)
    }
}
