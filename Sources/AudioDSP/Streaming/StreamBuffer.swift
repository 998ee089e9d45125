/// Samples that stay where they are; for one thread at a time.
final class StreamBuffer {
    let base: UnsafeMutablePointer<Float>
    let count: Int

    init(count: Int) {
        self.count = count
        base = .allocate(capacity: max(count, 1))
        base.initialize(repeating: 0, count: max(count, 1))
    }

    deinit { base.deallocate() }

    func clear() { base.update(repeating: 0, count: count) }
}
