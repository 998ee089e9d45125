import CKernels
import NeuralCore

/// Keys and values of all past positions, `[layers][sequences][heads][positions][head width]`, in float32 or bfloat16.
final class KeyValueCache {
    let capacity: Int
    let isHalf: Bool
    private let layers: Int, heads: Int, headWidth: Int, sequences: Int
    private let keys: AlignedMemory, values: AlignedMemory

    init(layers: Int, sequences: Int, heads: Int, headWidth: Int, capacity: Int, isHalf: Bool) {
        (self.layers, self.heads, self.headWidth, self.sequences) = (layers, heads, headWidth, sequences)
        (self.capacity, self.isHalf) = (capacity, isHalf)
        let bytes = layers * sequences * heads * capacity * headWidth * (isHalf ? 2 : 4)
        (keys, values) = (AlignedMemory(bytes: bytes), AlignedMemory(bytes: bytes))
    }

    private func place(_ layer: Int, _ sequence: Int, _ head: Int, _ position: Int) -> Int {
        (((layer * sequences + sequence) * heads + head) * capacity + position) * headWidth
    }

    /// Keeps the keys and values of one position, `[heads][head width]` each.
    func store(
        keys newKeys: UnsafePointer<Float>, values newValues: UnsafePointer<Float>, layer: Int, sequence: Int, position: Int
    ) {
        for (source, memory) in [(newKeys, keys), (newValues, values)] {
            for head in 0..<heads {
                let start = place(layer, sequence, head, position), from = source + head * headWidth
                if isHalf {
                    ck_round_bfloat16(from, memory.pointer.assumingMemoryBound(to: UInt16.self) + start, headWidth)
                } else {
                    (memory.pointer.assumingMemoryBound(to: Float.self) + start).update(from: from, count: headWidth)
                }
            }
        }
    }

    /// Gives every sequence the past of another one, or its own.
    func reorder(_ sources: [Int]) {
        let block = heads * capacity * headWidth * (isHalf ? 2 : 4), old = AlignedMemory(bytes: sequences * block)
        for memory in [keys, values] {
            for layer in 0..<layers {
                let start = memory.pointer + layer * sequences * block
                old.pointer.copyMemory(from: start, byteCount: sequences * block)
                for (target, source) in sources.enumerated() where source != target {
                    (start + target * block).copyMemory(from: old.pointer + source * block, byteCount: block)
                }
            }
        }
    }

    /// Attention of one head's query over the first `count` positions.
    func attend(
        _ query: UnsafePointer<Float>, layer: Int, sequence: Int, head: Int, count: Int, scale: Float,
        scratch: UnsafeMutablePointer<Float>, output: UnsafeMutablePointer<Float>
    ) {
        let start = place(layer, sequence, head, 0)
        if isHalf {
            ck_attend_bfloat16(
                query, keys.pointer.assumingMemoryBound(to: UInt16.self) + start, headWidth,
                values.pointer.assumingMemoryBound(to: UInt16.self) + start, headWidth, count, scale, scratch, output)
        } else {
            ck_attend(
                query, keys.pointer.assumingMemoryBound(to: Float.self) + start, headWidth,
                values.pointer.assumingMemoryBound(to: Float.self) + start, headWidth, count, scale, scratch, output)
        }
    }
}
