import Foundation
import Synchronization

/// Recycles tensor buffers by size class, so that a training loop neither asks the system for memory nor faults pages.
///
/// Sizes are rounded up to an eighth of their power of two. At most `idleLimit` bytes wait here: when one more buffer
/// would pass that, all that wait are freed, so that sizes no longer in use do not stay.
final class StoragePool: Sendable {
    static let shared = StoragePool(idleLimit: 1 << 29)

    private struct Idle {
        var buffers: [Int: [UInt]] = [:]
        var bytes = 0

        mutating func removeAll() -> [UInt] {
            defer { self = Idle() }
            return buffers.values.flatMap { $0 }
        }
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
        guard bytes <= idleLimit else { return UnsafeMutableRawPointer(pointer).deallocate() }
        let surplus = idle.withLock { idle in
            let surplus = idle.bytes + bytes > idleLimit ? idle.removeAll() : []
            idle.buffers[capacity, default: []].append(UInt(bitPattern: pointer))
            idle.bytes += bytes
            return surplus
        }
        free(surplus)
    }

    /// Returns every idle buffer to the system.
    func drain() {
        free(idle.withLock { $0.removeAll() })
    }

    private func free(_ addresses: [UInt]) {
        for address in addresses { UnsafeMutableRawPointer(bitPattern: address)?.deallocate() }
    }
}
