/// The reference-counted buffer behind a tensor. It is written only while one tensor holds it.
final class TensorStorage: @unchecked Sendable {
    let pointer: UnsafeMutablePointer<Float>
    let count: Int
    private let capacity: Int

    /// The contents are undefined.
    init(count: Int) {
        self.count = count
        capacity = StoragePool.capacity(for: count)
        pointer = StoragePool.shared.take(capacity)
    }

    deinit {
        StoragePool.shared.give(pointer, capacity: capacity)
    }

    func copy() -> TensorStorage {
        let result = TensorStorage(count: count)
        result.pointer.update(from: pointer, count: count)
        return result
    }
}
