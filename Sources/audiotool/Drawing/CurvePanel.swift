import Foundation

/// Curves over training steps.
struct CurvePanel: Panel {
    struct Curve {
        var points: [Point]
        var colour: Colour
        /// Lowest and highest around each point, drawn as a pale band.
        var band: [ClosedRange<Double>] = []
        var dashes: [Double] = []
        var hasDots = false
    }

    let title: String
    let horizontal: Axis
    let vertical: Axis
    let hasGrid = true
    let curves: [Curve]

    init(title: String, label: String, steps: Axis, curves: [Curve]) {
        (self.title, self.curves, horizontal) = (title, curves, steps)
        let values = curves.flatMap { curve in
            curve.points.map(\.y) + curve.band.flatMap { [$0.lowerBound, $0.upperBound] }
        }
        let low = values.min() ?? 0, high = values.max() ?? 1
        let margin = (high - low) * 0.06
        vertical = Axis(label, low - margin...high + margin)
    }

    func draw(in area: Rectangle, on canvas: Canvas) {
        func place(_ x: Double, _ y: Double) -> Point { area.point(horizontal.share(of: x), vertical.share(of: y)) }
        canvas.clipped(to: area) {
            for curve in curves {
                let upper = zip(curve.points, curve.band).map { place($0.x, $1.upperBound) }
                let lower = zip(curve.points, curve.band).map { place($0.x, $1.lowerBound) }
                canvas.polygon(upper + lower.reversed(), colour: curve.colour, opacity: 0.2)
            }
            for curve in curves {
                let points = curve.points.map { place($0.x, $0.y) }
                canvas.line(points, colour: curve.colour, width: 2, dashes: curve.dashes)
                guard curve.hasDots || points.count == 1 else { continue }
                for point in points { canvas.dot(point, radius: 3, colour: curve.colour) }
            }
        }
    }
}
