import Synchronization

/// Results that several threads fill in.
final class Slots<Value: Sendable>: Sendable {
    private let results: Mutex<[Result<Value, any Error>?]>

    init(count: Int) { results = Mutex(Array(repeating: nil, count: count)) }

    func fill(_ index: Int, with result: Result<Value, any Error>) {
        results.withLock { $0[index] = result }
    }

    func take() throws -> [Value] {
        try results.withLock { try $0.map { try $0!.get() } }
    }
}
