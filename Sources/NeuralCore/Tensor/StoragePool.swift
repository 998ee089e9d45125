import Foundation
import Synchronization

/// Recycles tensor buffers by size class, so that a training loop neither asks the system for memory nor faults pages.
///
/// Sizes are rounded up to an eighth of their power of two. At most `idleLimit` bytes wait here; the rest is freed.
final class StoragePool: Sendable {
    static let shared = StoragePool(idleLimit: 1 << 30)

    private struct Idle {
        var buffers: [Int: [UInt]] = [:]
        var bytes = 0
    }

    private let idle = Mutex(Idle())
    private let idleLimit: Int

    init(idleLimit: Int) {
        self.idleLimit = idleLimit
    }

    /// The capacity in floats that a request for `count` gets.
    static func capacity(for count: Int) -> Int {
        guard count > 16 else { return 16 }
        let step = max(16, (1 << (Int.bitWidth - 1 - (count - 1).leadingZeroBitCount)) / 8)
        return (count + step - 1) / step * step
    }

    /// A buffer of `capacity` floats aligned to 64 bytes, with undefined contents.
    func take(_ capacity: Int) -> UnsafeMutablePointer<Float> {
        let reused: UInt? = idle.withLock { idle in
            guard let address = idle.buffers[capacity]?.popLast() else { return nil }
            idle.bytes -= capacity * MemoryLayout<Float>.stride
            return address
        }
        if let reused, let pointer = UnsafeMutablePointer<Float>(bitPattern: reused) { return pointer }
        return UnsafeMutableRawPointer
            .allocate(byteCount: capacity * MemoryLayout<Float>.stride, alignment: 64)
            .bindMemory(to: Float.self, capacity: capacity)
    }

    func give(_ pointer: UnsafeMutablePointer<Float>, capacity: Int) {
        let bytes = capacity * MemoryLayout<Float>.stride
        let kept = idle.withLock { idle in
            guard idle.bytes + bytes <= idleLimit else { return false }
            idle.buffers[capacity, default: []].append(UInt(bitPattern: pointer))
            idle.bytes += bytes
            return true
        }
        if !kept { UnsafeMutableRawPointer(pointer).deallocate() }
    }

    /// Returns every idle buffer to the system.
    func drain() {
        let buffers = idle.withLock { idle in
            defer { idle = Idle() }
            return idle.buffers.values.flatMap { $0 }
        }
        for address in buffers { UnsafeMutableRawPointer(bitPattern: address)?.deallocate() }
    }
}
