import Foundation

/// Zeroed memory from the start of a cache line on; large blocks lie in large pages where the system has them.
final class AlignedMemory: @unchecked Sendable {
    let pointer: UnsafeMutableRawPointer

    init(bytes: Int) {
        let isLarge = bytes >= 1 << 20
        pointer = .allocate(byteCount: max(bytes, 1), alignment: isLarge ? 4096 : 64)
        #if os(Linux)
        if isLarge { madvise(pointer, bytes, MADV_HUGEPAGE) }
        #endif
        memset(pointer, 0, bytes)
    }

    deinit { pointer.deallocate() }

    func floats(_ count: Int) -> UnsafeMutablePointer<Float> { pointer.bindMemory(to: Float.self, capacity: count) }
    func integers(_ count: Int) -> UnsafeMutablePointer<Int16> { pointer.bindMemory(to: Int16.self, capacity: count) }
}
