import CKernels

/// Where the gates of an LSTM are in PyTorch's rows (i, f, g, o) and in the kernels' columns.
package struct PackedLSTM {
    package let hidden: Int

    package init(hidden: Int) { self.hidden = hidden }

    /// Units rounded up to whole panels; those beyond `hidden` stay zero.
    package var units: Int { paneled(hidden) }

    /// PyTorch's row of a kernel's column, nil for a unit that does not exist.
    package func row(ofColumn column: Int) -> Int? {
        let panel = Int(CK_PANEL)
        let unit = column / (4 * panel) * panel + column % panel
        return unit < hidden ? column / panel % 4 * hidden + unit : nil
    }

    /// Both biases together, in the kernels' order.
    package func bias(_ input: [Float], _ recurrent: [Float]) -> [Float] {
        (0..<4 * units).map { column in row(ofColumn: column).map { input[$0] + recurrent[$0] } ?? 0 }
    }
}
