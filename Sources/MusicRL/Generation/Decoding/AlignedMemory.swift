import Foundation

/// Zeroed memory in whole cache lines; large blocks lie in large pages where the system has them.
final class AlignedMemory: @unchecked Sendable {
    let pointer: UnsafeMutableRawPointer

    init(bytes: Int) {
        let isLarge = bytes >= 8 << 20, alignment = isLarge ? 2 << 20 : 64
        let size = (max(bytes, 1) + alignment - 1) / alignment * alignment
        pointer = .allocate(byteCount: size, alignment: alignment)
        #if os(Linux)
        if isLarge { madvise(pointer, size, MADV_HUGEPAGE) }
        #endif
        memset(pointer, 0, size)
    }

    deinit { pointer.deallocate() }

    func floats(_ count: Int) -> UnsafeMutablePointer<Float> { pointer.bindMemory(to: Float.self, capacity: count) }
    func integers(_ count: Int) -> UnsafeMutablePointer<Int16> { pointer.bindMemory(to: Int16.self, capacity: count) }
}
