import CKernels

/// A linear map of rows, with its weights in the order that the kernel reads.
package struct PackedProduct {
    private let product: ck_packed_product

    /// - Parameters:
    ///   - depth: Elements of an input row.
    ///   - columns: Elements of an output row; rounded up to whole panels.
    ///   - slopes: Factors of negative results, one for each column.
    ///   - weight: The factor of input `row` in `column`; asked for `0..<depth` and `0..<columns`.
    package init(
        in arena: StreamArena, depth: Int, columns: Int, bias: [Float], slopes: [Float]? = nil,
        weight: (_ row: Int, _ column: Int) -> Float
    ) {
        let width = paneled(columns), packed = arena.floats(width * depth), biases = arena.floats(width)
        Self.pack(depth: depth, columns: columns, into: packed, weight: weight)
        for column in 0..<columns { biases[column] = bias[column] }
        var factors: UnsafeMutablePointer<Float>?
        if let slopes {
            factors = arena.floats(width)
            for column in 0..<columns { factors![column] = slopes[column] }
        }
        product = ck_packed_product(packed: packed, bias: biases, slopes: factors, depth: depth, columns: width)
    }

    /// Puts weights in the order that the kernel reads; what fills up the last panel is left as it is.
    static func pack(
        depth: Int, columns: Int, into packed: UnsafeMutablePointer<Float>, weight: (_ row: Int, _ column: Int) -> Float
    ) {
        let panel = Int(CK_PANEL)
        for column in 0..<columns {
            let base = packed + column / panel * depth * panel + column % panel
            for row in 0..<depth { base[row * panel] = weight(row, column) }
        }
    }

    /// Output elements of a row, whole panels.
    package var columns: Int { product.columns }

    package func callAsFunction(
        _ x: UnsafePointer<Float>, stride xStride: Int, rows: Int, into y: UnsafeMutablePointer<Float>,
        stride yStride: Int, adds: Bool = false
    ) {
        withUnsafePointer(to: product) { ck_packed_rows($0, x, xStride, rows, y, yStride, adds ? 1 : 0) }
    }
}
