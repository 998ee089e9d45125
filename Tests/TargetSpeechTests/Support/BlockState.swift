@testable import TargetSpeech

/// A block's state in the layout of the published one, for one item of a batch.
struct BlockState {
    static let names = ["h0", "c0", "K_buf", "V_buf"]

    private let block: StreamingBlock
    private let bins: Int, hidden: Int, heads: Int, past: Int, keyWidth: Int, valueWidth: Int

    init(_ block: StreamingBlock, _ configuration: ExtractorConfiguration) {
        self.block = block
        bins = configuration.binCount
        hidden = configuration.hidden
        heads = configuration.heads
        past = configuration.attentionFrames - 1
        keyWidth = bins * configuration.queryWidth
        valueWidth = bins * configuration.valueWidth
    }

    subscript(name: String) -> [Float] {
        pointers(name).map(\.pointee)
    }

    /// What belongs to `item` in the state of a batch.
    func part(_ all: [Float], _ name: String, _ item: Int) -> [Float] {
        let count = pointers(name).count
        return Array(all[item * count..<(item + 1) * count])
    }

    /// Sets the state to that of an item of a batch.
    func load(_ values: @escaping (String) throws -> [Float]) -> (Int) throws -> Void {
        { item in
            for name in Self.names {
                for (pointer, value) in zip(pointers(name), part(try values(name), name, item)) {
                    pointer.pointee = value
                }
            }
        }
    }

    private func pointers(_ name: String) -> [UnsafeMutablePointer<Float>] {
        switch name {
        case "h0", "c0":
            (0..<bins).flatMap { bin in
                (0..<hidden).map {
                    name == "h0" ? block.time.state(bin: bin, unit: $0) : block.time.cell(bin: bin, unit: $0)
                }
            }
        default:
            (0..<heads).flatMap { head in
                (1...past).flatMap { age in
                    let row = name == "K_buf"
                        ? block.attention.key(head: head, age: age) : block.attention.value(head: head, age: age)
                    return (0..<(name == "K_buf" ? keyWidth : valueWidth)).map { row + $0 }
                }
            }
        }
    }
}
