/// Frames first in, first out, `[channels]` rings of a fixed size; for one thread at a time.
final class FrameQueue {
    private let channels: Int, capacity: Int
    private let buffer: StreamBuffer
    private var head = 0
    private(set) var count = 0

    init(channels: Int, capacity: Int) {
        (self.channels, self.capacity) = (channels, capacity)
        buffer = StreamBuffer(count: channels * capacity)
    }

    /// Empties the queue and puts silence in.
    func reset(silence frames: Int) {
        buffer.clear()
        (head, count) = (0, frames)
    }

    /// Appends `frames` frames, channels `stride` apart; there must be room.
    func append(_ samples: UnsafePointer<Float>, stride: Int, frames: Int) {
        precondition(count + frames <= capacity)
        let tail = (head + count) % capacity, first = min(frames, capacity - tail)
        for channel in 0..<channels {
            let ring = buffer.base + channel * capacity, source = samples + channel * stride
            (ring + tail).update(from: source, count: first)
            ring.update(from: source + first, count: frames - first)
        }
        count += frames
    }

    /// Takes `frames` frames out; there must be so many.
    func take(_ frames: Int, into samples: UnsafeMutablePointer<Float>, stride: Int) {
        precondition(frames <= count)
        let first = min(frames, capacity - head)
        for channel in 0..<channels {
            let ring = buffer.base + channel * capacity, destination = samples + channel * stride
            destination.update(from: ring + head, count: first)
            (destination + first).update(from: ring, count: frames - first)
        }
        head = (head + frames) % capacity
        count -= frames
    }
}
