import Synchronization

/// A queue of interleaved frames between one thread that writes and one that reads, without locks.
final class SampleRing: @unchecked Sendable {
    let channels: Int
    let capacity: Int
    private let samples: UnsafeMutablePointer<Float>
    /// Frames ever written and read; each is stored by one side only.
    private let written = Atomic<Int>(0), taken = Atomic<Int>(0)

    /// - Parameter capacity: in frames.
    init(channels: Int, capacity: Int) {
        (self.channels, self.capacity) = (channels, capacity)
        samples = .allocate(capacity: channels * capacity)
        samples.initialize(repeating: 0, count: channels * capacity)
    }

    deinit { samples.deallocate() }

    /// Frames that can be read.
    var count: Int { written.load(ordering: .acquiring) - taken.load(ordering: .acquiring) }

    /// Writes as many frames as there is room for; nil writes silence.
    ///
    /// - Returns: the number of frames written.
    func write(_ frames: UnsafePointer<Float>?, count: Int) -> Int {
        let end = written.load(ordering: .relaxed)
        let possible = min(max(0, count), capacity - (end - taken.load(ordering: .acquiring)))
        var done = 0
        while done < possible {
            let place = (end + done) % capacity, part = min(possible - done, capacity - place)
            let target = samples + place * channels
            if let frames {
                target.update(from: frames + done * channels, count: part * channels)
            } else {
                target.update(repeating: 0, count: part * channels)
            }
            done += part
        }
        written.store(end + possible, ordering: .releasing)
        return possible
    }

    /// Takes up to `count` frames; nil throws them away.
    ///
    /// - Returns: the number of frames taken.
    func read(into frames: UnsafeMutablePointer<Float>?, count: Int) -> Int {
        let start = taken.load(ordering: .relaxed)
        let possible = min(max(0, count), written.load(ordering: .acquiring) - start)
        var done = 0
        while done < possible {
            let place = (start + done) % capacity, part = min(possible - done, capacity - place)
            if let frames { (frames + done * channels).update(from: samples + place * channels, count: part * channels) }
            done += part
        }
        taken.store(start + possible, ordering: .releasing)
        return possible
    }
}
