import CKernels

/// Zeroed, aligned buffers that live as long as the arena, so that processing finds all its memory in place.
package final class StreamArena {
    private var buffers: [UnsafeMutableRawPointer] = []

    package init() {}

    deinit { for buffer in buffers { buffer.deallocate() } }

    package func floats(_ count: Int) -> UnsafeMutablePointer<Float> {
        let bytes = max(count, 1) * MemoryLayout<Float>.stride
        let buffer = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
        buffers.append(buffer)
        let floats = buffer.bindMemory(to: Float.self, capacity: max(count, 1))
        floats.initialize(repeating: 0, count: max(count, 1))
        return floats
    }

    package func floats(copying values: [Float]) -> UnsafeMutablePointer<Float> {
        let floats = floats(values.count)
        values.withUnsafeBufferPointer { floats.update(from: $0.baseAddress!, count: values.count) }
        return floats
    }
}

/// `count` rounded up to whole panels of packed weights.
package func paneled(_ count: Int) -> Int { (count + Int(CK_PANEL) - 1) / Int(CK_PANEL) * Int(CK_PANEL) }
