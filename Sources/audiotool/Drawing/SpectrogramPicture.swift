import Foundation

/// Spectrograms of recordings one above the other, on one colour scale, with axes, titles and a colour bar.
struct SpectrogramPicture {
    /// dB from black to the brightest colour, which stands for the loudest bin of all.
    var range = 80.0
    var width = 1000
    var panelHeight = 240

    private let margin = (left: 78, right: 96, top: 34, bottom: 52, between: 46)

    /// The picture's size fits the number of recordings.
    func draw(_ recordings: [SpectrogramColumns], titles: [String]) -> Canvas {
        let count = recordings.count
        let height = margin.top + count * panelHeight + (count - 1) * margin.between + margin.bottom
        let canvas = Canvas(width: margin.left + width + margin.right, height: height)
        let loudest = recordings.flatMap { $0.power.map { $0.max() ?? 0 } }.max() ?? 0
        let reference = 10 * log10(max(Double(loudest), 1e-30))
        for (index, (recording, title)) in zip(recordings, titles).enumerated() {
            let top = margin.top + index * (panelHeight + margin.between)
            panel(recording, title: title, top: top, reference: reference, on: canvas)
        }
        canvas.text(
            "Time (s)", x: margin.left + width / 2, y: height - 14, size: 14, alignment: .middle)
        bar(top: margin.top, height: height - margin.top - margin.bottom, on: canvas)
        return canvas
    }

    private func panel(
        _ recording: SpectrogramColumns, title: String, top: Int, reference: Double, on canvas: Canvas
    ) {
        let bins = recording.binCount
        canvas.fill(x: margin.left, y: top, width: width, height: panelHeight) { column, row in
            let bin = min(bins - 1, (panelHeight - 1 - row) * bins / panelHeight)
            let decibels = 10 * log10(max(Double(recording.power[column][bin]), 1e-30)) - reference
            return .heat(1 + decibels / range)
        }
        canvas.frame(x: margin.left, y: top, width: width, height: panelHeight)
        canvas.text(title, x: margin.left, y: top - 14, size: 15)

        let bottom = top + panelHeight
        for tick in ticks(to: recording.duration, about: 10) {
            let x = margin.left + Int(tick / recording.duration * Double(width))
            canvas.line(from: (x, bottom), to: (x, bottom + 5))
            canvas.text(label(tick), x: x, y: bottom + 14, size: 12, alignment: .middle)
        }
        let highest = Double(recording.sampleRate) / 2000
        for tick in ticks(to: highest, about: 5) {
            let y = bottom - Int(tick / highest * Double(panelHeight))
            canvas.line(from: (margin.left - 6, y), to: (margin.left - 1, y))
            canvas.text(label(tick), x: margin.left - 10, y: y, size: 12, alignment: .end)
        }
        canvas.text(
            "Frequency (kHz)", x: 22, y: top + panelHeight / 2, size: 14, alignment: .middle, isVertical: true)
    }

    private func bar(top: Int, height: Int, on canvas: Canvas) {
        let x = margin.left + width + 22, barWidth = 18
        canvas.fill(x: x, y: top, width: barWidth, height: height) { _, row in
            .heat(1 - Double(row) / Double(max(1, height - 1)))
        }
        canvas.frame(x: x, y: top, width: barWidth, height: height)
        for tick in stride(from: 0, through: range, by: 20) {
            let y = top + Int(tick / range * Double(height - 1))
            canvas.line(from: (x + barWidth, y), to: (x + barWidth + 4, y))
            canvas.text(tick == 0 ? "0 dB" : "−\(Int(tick))", x: x + barWidth + 8, y: y, size: 12)
        }
    }

    /// Round numbers from 0 to `end`, as near to `count` of them as 1, 2 and 5 allow.
    private func ticks(to end: Double, about count: Int) -> [Double] {
        let rough = end / Double(count)
        let magnitude = pow(10, floor(log10(rough)))
        let step = [1, 2, 5, 10].map { $0 * magnitude }.first { $0 >= rough } ?? rough
        return Array(stride(from: 0, through: end, by: step))
    }

    private func label(_ value: Double) -> String {
        String(format: "%.3f", value).replacing(/\.?0+$/, with: "")
    }
}
