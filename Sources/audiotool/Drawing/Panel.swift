/// One pair of axes with something drawn between them.
protocol Panel {
    var title: String { get }
    var horizontal: Axis { get }
    var vertical: Axis { get }
    /// Whether lines at the ticks help to read values.
    var hasGrid: Bool { get }
    func draw(in area: Rectangle, on canvas: Canvas)
}

extension Panel {
    /// The panel with its title above, its ticks and its vertical label; the horizontal label on request.
    func drawFramed(in area: Rectangle, labelsTime: Bool, on canvas: Canvas) {
        let xTicks = horizontal.ticks(about: max(2, Int(area.width / 90)))
        let yTicks = vertical.ticks(about: max(2, Int(area.height / 30)))
        if hasGrid {
            for tick in xTicks {
                let share = horizontal.share(of: tick.value)
                canvas.line([area.point(share, 0), area.point(share, 1)], colour: .grid)
            }
            for tick in yTicks {
                let share = vertical.share(of: tick.value)
                canvas.line([area.point(0, share), area.point(1, share)], colour: .grid)
            }
        }
        draw(in: area, on: canvas)
        canvas.frame(area)
        let heading = canvas.fitted(title, size: Layout.titleSize, to: area.width)
        canvas.text(heading, at: Point(area.x, area.y - 14), size: Layout.titleSize)
        for tick in xTicks {
            let x = area.point(horizontal.share(of: tick.value), 0).x
            canvas.line([Point(x, area.bottom), Point(x, area.bottom + 5)])
            canvas.text(tick.label, at: Point(x, area.bottom + 14), size: Layout.tickSize, alignment: .middle)
        }
        for tick in yTicks {
            let y = area.point(0, vertical.share(of: tick.value)).y
            canvas.line([Point(area.x - 6, y), Point(area.x - 1, y)])
            canvas.text(tick.label, at: Point(area.x - 10, y), size: Layout.tickSize, alignment: .end)
        }
        canvas.text(
            vertical.label, at: Point(area.x - 56, area.y + area.height / 2), size: Layout.labelSize, alignment: .middle,
            isVertical: true)
        if labelsTime {
            canvas.text(
                horizontal.label, at: Point(area.x + area.width / 2, area.bottom + 36), size: Layout.labelSize,
                alignment: .middle)
        }
    }
}

/// Sizes that all pictures share, in pixels.
enum Layout {
    static let titleSize = 15.0
    static let labelSize = 14.0
    static let tickSize = 12.0
    static let left = 78.0, right = 24.0, top = 34.0, bottom = 52.0
    /// Between one panel and the next below it or to its right.
    static let rowGap = 54.0, columnGap = 84.0
    /// What a colour bar takes at the right.
    static let barSpace = 72.0
}
