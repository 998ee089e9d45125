import CKernels

/// Where the gates of an LSTM are in PyTorch's rows (i, f, g, o) and in the kernels' columns.
struct PackedLSTM {
    let hidden: Int
    /// Units rounded up to whole panels; those beyond `hidden` stay zero.
    var units: Int { paneled(hidden) }

    /// PyTorch's row of a kernel's column, nil for a unit that does not exist.
    func row(ofColumn column: Int) -> Int? {
        let panel = Int(CK_PANEL)
        let unit = column / (4 * panel) * panel + column % panel
        return unit < hidden ? column / panel % 4 * hidden + unit : nil
    }

    /// Both biases together, in the kernels' order.
    func bias(_ input: [Float], _ recurrent: [Float]) -> [Float] {
        (0..<4 * units).map { column in row(ofColumn: column).map { input[$0] + recurrent[$0] } ?? 0 }
    }
}
