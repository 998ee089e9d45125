/// The pieces of a vocabulary by their bytes. A node's children lie side by side, sorted by byte.
struct PieceTrie: Sendable {
    private struct Node: Sendable {
        var byte: UInt8 = 0
        var firstChild: Int32 = 0
        var childCount: Int32 = 0
        /// The number of the piece that ends here, -1 for none.
        var piece: Int32 = -1
    }

    private var nodes: [Node] = [Node()]

    /// Of equal pieces the first counts.
    init(_ pieces: [(bytes: [UInt8], id: Int)]) {
        let sorted = pieces.sorted { a, b in
            a.bytes == b.bytes ? a.id < b.id : a.bytes.lexicographicallyPrecedes(b.bytes)
        }
        nodes.reserveCapacity(3 * pieces.count)
        // Nodes with the stretch of sorted pieces that share their path; children are appended in one go.
        var pending: [(node: Int, range: Range<Int>, depth: Int)] = [(0, 0..<sorted.count, 0)]
        var next = 0
        while next < pending.count {
            var (node, range, depth) = pending[next]
            next += 1
            while let first = range.first, sorted[first].bytes.count == depth {
                if nodes[node].piece < 0 { nodes[node].piece = Int32(sorted[first].id) }
                range = first + 1..<range.upperBound
            }
            nodes[node].firstChild = Int32(nodes.count)
            while let first = range.first {
                let byte = sorted[first].bytes[depth]
                var end = first + 1
                while end < range.upperBound, sorted[end].bytes[depth] == byte { end += 1 }
                pending.append((nodes.count, first..<end, depth + 1))
                nodes.append(Node(byte: byte))
                nodes[node].childCount += 1
                range = end..<range.upperBound
            }
        }
    }

    /// Calls `body` with every piece that `text` has at `start`, shortest first, and its length in bytes.
    func forEachPrefix(of text: [UInt8], at start: Int, _ body: (_ id: Int, _ length: Int) -> Void) {
        var node = nodes[0]
        for position in start..<text.count {
            guard let child = child(of: node, text[position]) else { return }
            node = child
            if node.piece >= 0 { body(Int(node.piece), position - start + 1) }
        }
    }

    private func child(of node: Node, _ byte: UInt8) -> Node? {
        var low = Int(node.firstChild), high = low + Int(node.childCount)
        while low < high {
            let middle = (low + high) / 2
            if nodes[middle].byte < byte { low = middle + 1 } else { high = middle }
        }
        return low < Int(node.firstChild + node.childCount) && nodes[low].byte == byte ? nodes[low] : nil
    }
}
