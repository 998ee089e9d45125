/// The samples of a recording over time: a column reaches from the lowest to the highest of its samples.
struct WaveformPanel: Panel {
    let title: String
    let horizontal: Axis
    let vertical: Axis
    let hasGrid = true
    private let envelope: [ClosedRange<Float>]

    /// - Parameter peak: The largest magnitude shown.
    init(_ recording: RecordingColumns, title: String, peak: Double) {
        self.title = title
        horizontal = Axis.time(recording.duration).axis
        let reach = peak > 0 ? peak * 1.05 : 1
        vertical = Axis("Amplitude", -reach...reach)
        envelope = recording.envelope
    }

    func draw(in area: Rectangle, on canvas: Canvas) {
        let step = 1 / Double(envelope.count)
        func edge(_ value: (ClosedRange<Float>) -> Float, lift: Double) -> [Point] {
            envelope.enumerated().map { index, range in
                let point = area.point((Double(index) + 0.5) * step, vertical.share(of: Double(value(range))))
                return Point(point.x, point.y + lift)
            }
        }
        canvas.clipped(to: area) {
            // Half a pixel on both sides, so that silence is a line.
            let upper = edge(\.upperBound, lift: -0.5), lower = edge(\.lowerBound, lift: 0.5)
            canvas.polygon(upper + lower.reversed(), colour: .series(0))
        }
    }
}
