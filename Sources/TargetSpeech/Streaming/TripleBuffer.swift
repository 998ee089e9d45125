import Synchronization

/// Values that any thread may renew and one thread reads without waiting.
///
/// Of three buffers one is being read, one being written, and the third holds the newest complete values; the index
/// of the third changes hands in one atomic exchange.
final class TripleBuffer: Sendable {
    private static let isNew = 4
    private nonisolated(unsafe) let base: UnsafeMutablePointer<Float>
    private let count: Int
    private let newest = Atomic<Int>(1)
    /// The buffer to write next; the lock is between writers only.
    private let spare = Mutex<Int>(2)

    init(count: Int) {
        self.count = count
        base = .allocate(capacity: max(3 * count, 1))
        base.initialize(repeating: 0, count: max(3 * count, 1))
    }

    deinit { base.deallocate() }

    /// May wait for another writer, never for the reader.
    func publish(_ body: (UnsafeMutablePointer<Float>) -> Void) {
        spare.withLock { index in
            body(base + index * count)
            index = newest.exchange(index | Self.isNew, ordering: .acquiringAndReleasing) & 3
        }
    }

    /// The reader's side: `index` is what it read last, 0 at first; true when it changed.
    func update(_ index: inout Int) -> Bool {
        guard newest.load(ordering: .relaxed) & Self.isNew != 0 else { return false }
        index = newest.exchange(index, ordering: .acquiringAndReleasing) & 3
        return true
    }

    /// The values at an index that `update` gave.
    func values(_ index: Int) -> UnsafePointer<Float> { UnsafePointer(base + index * count) }
}
