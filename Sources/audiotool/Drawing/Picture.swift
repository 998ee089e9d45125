import Foundation

/// Panels in columns, under common headings, with a colour bar where there are spectrograms.
struct Picture {
    /// Panels from top to bottom, of one column after the other.
    var columns: [[any Panel]]
    /// Above each column; the panels' own titles do without.
    var headings: [String] = []
    /// Width of one panel.
    var panelWidth = 1000.0
    /// Heights of the rows.
    var rowHeights: [Double]
    /// The decibels that the colours span, where there is a colour bar.
    var decibels: Double?
    /// What the series of the panels are.
    var legend: [(name: String, colour: Colour)] = []

    func drawn(as format: Canvas.Format) -> Canvas {
        let top = Layout.top + (headings.isEmpty ? 0 : 26) + (legend.isEmpty ? 0 : 24)
        let rows = rowHeights.reduce(0, +) + Layout.rowGap * Double(rowHeights.count - 1)
        let across = panelWidth * Double(columns.count) + Layout.columnGap * Double(columns.count - 1)
        let right = decibels == nil ? Layout.right : Layout.right + Layout.barSpace
        let canvas = Canvas(
            width: Int(Layout.left + across + right), height: Int(top + rows + Layout.bottom), format: format)
        for (column, panels) in columns.enumerated() {
            let x = Layout.left + Double(column) * (panelWidth + Layout.columnGap)
            if column < headings.count {
                let size = Layout.titleSize + 3
                canvas.text(
                    canvas.fitted(headings[column], size: size, to: panelWidth), at: Point(x + panelWidth / 2, 20), size: size,
                    alignment: .middle)
            }
            var y = top
            for (row, panel) in panels.enumerated() {
                let area = Rectangle(x: x, y: y, width: panelWidth, height: rowHeights[row])
                panel.drawFramed(in: area, labelsTime: row == panels.count - 1, on: canvas)
                y += rowHeights[row] + Layout.rowGap
            }
        }
        drawLegend(y: top - Layout.top - 4, on: canvas)
        if let decibels {
            // Beside the spectrograms, which are the last row or all of them.
            let first = columns[0].firstIndex { $0 is SpectrogramPanel } ?? 0
            let skipped = rowHeights[..<first].reduce(0, +) + Layout.rowGap * Double(first)
            let area = Rectangle(x: Layout.left + across + 22, y: top + skipped, width: 18, height: rows - skipped)
            drawBar(decibels, in: area, on: canvas)
        }
        return canvas
    }

    private func drawLegend(y: Double, on canvas: Canvas) {
        var x = Layout.left
        for (name, colour) in legend {
            canvas.line([Point(x, y), Point(x + 26, y)], colour: colour, width: 3)
            canvas.text(name, at: Point(x + 34, y), size: Layout.labelSize)
            x += 34 + canvas.width(of: name, size: Layout.labelSize) + 30
        }
    }

    private func drawBar(_ decibels: Double, in area: Rectangle, on canvas: Canvas) {
        canvas.fill(area) { _, row in .heat(1 - Double(row) / max(1, area.height - 1)) }
        canvas.frame(area)
        let axis = Axis("Level (dB)", -decibels...0)
        for tick in axis.ticks(about: max(2, Int(area.height / 60))) {
            let y = area.point(0, axis.share(of: tick.value)).y
            canvas.line([Point(area.right, y), Point(area.right + 4, y)])
            canvas.text(tick.value == 0 ? "0 dB" : tick.label, at: Point(area.right + 8, y), size: Layout.tickSize)
        }
    }
}
