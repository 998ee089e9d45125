import Foundation

/// Mixes the batches to come on a thread of its own, in order, a few ahead.
///
/// Batches are functions of their index, so that stopping and starting anywhere changes nothing.
final class BatchPrefetcher: @unchecked Sendable { // every stored property is guarded by `condition`
    /// The waveforms of a batch, row after row.
    struct Waveforms: Sendable {
        var noisy: [Float] = []
        var clean: [Float] = []
    }

    private let generator: MixtureGenerator
    private let batchSize: Int
    private let depth: Int
    private let condition = NSCondition()
    private var ready: [Int: Result<Waveforms, any Error>] = [:]
    private var next: Int
    private var taken: Int
    private var isStopped = false

    /// Starts at once with batch `first`; ``stop()`` ends it.
    init(_ generator: MixtureGenerator, batchSize: Int, first: Int, depth: Int = 4) {
        self.generator = generator
        self.batchSize = batchSize
        self.depth = depth
        next = first
        taken = first
        let thread = Thread {
            while let index = self.claim() { self.deliver(index, self.mix(index)) }
        }
        thread.name = "mixtures"
        thread.stackSize = 4 << 20
        thread.start()
    }

    /// Waits for a batch. Batches must be asked for one after the other.
    func batch(_ index: Int) throws -> Waveforms {
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

    private func deliver(_ index: Int, _ result: Result<Waveforms, any Error>) {
        condition.lock()
        ready[index] = result
        condition.broadcast()
        condition.unlock()
    }

    private func mix(_ index: Int) -> Result<Waveforms, any Error> {
        Result {
            var waveforms = Waveforms()
            for item in 0..<batchSize {
                let mixture = try generator.example(index * batchSize + item)
                waveforms.noisy += mixture.noisy
                waveforms.clean += mixture.clean
            }
            return waveforms
        }
    }
}
