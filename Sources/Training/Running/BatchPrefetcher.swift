import Foundation

/// Draws the batches to come on a thread of its own, in order, a few ahead.
///
/// Batches are functions of their index, so that stopping and starting anywhere changes nothing.
final class BatchPrefetcher<Task: TrainingTask>: @unchecked Sendable { // every stored property is guarded by `condition`
    private let task: Task
    private let batchSize: Int
    private let depth: Int
    private let condition = NSCondition()
    private var ready: [Int: Result<[Task.Example], any Error>] = [:]
    private var next: Int
    private var taken: Int
    private var isStopped = false

    /// Starts at once with batch `first`; ``stop()`` ends it.
    init(_ task: Task, batchSize: Int, first: Int, depth: Int = 4) {
        self.task = task
        self.batchSize = batchSize
        self.depth = depth
        next = first
        taken = first
        let thread = Thread {
            while let index = self.claim() { self.deliver(index, self.draw(index)) }
        }
        thread.name = "examples"
        thread.stackSize = 4 << 20
        thread.start()
    }

    /// Waits for a batch. Batches must be asked for one after the other.
    func batch(_ index: Int) throws -> [Task.Example] {
        condition.lock()
        defer { condition.unlock() }
        precondition(index == taken, "batches are handed out in order")
        while ready[index] == nil { condition.wait() }
        taken += 1
        condition.broadcast()
        return try ready.removeValue(forKey: index)!.get()
    }

    /// Lets the thread end. No batch can be asked for afterwards.
    func stop() {
        condition.lock()
        isStopped = true
        condition.broadcast()
        condition.unlock()
    }

    private func claim() -> Int? {
        condition.lock()
        defer { condition.unlock() }
        while !isStopped, next >= taken + depth { condition.wait() }
        guard !isStopped else { return nil }
        defer { next += 1 }
        return next
    }

    private func deliver(_ index: Int, _ result: Result<[Task.Example], any Error>) {
        condition.lock()
        ready[index] = result
        condition.broadcast()
        condition.unlock()
    }

    private func draw(_ index: Int) -> Result<[Task.Example], any Error> {
        Result { try (0..<batchSize).map { try task.example(index * batchSize + $0) } }
    }
}
