import Foundation
import NeuralCore

/// The log of a training run, as `train` writes it.
struct TrainingCurves {
    struct Scores {
        var siSDR: Double
        var estoi: Double
    }

    struct Validation {
        var step: Double
        var noisy: Scores
        /// By number of sampler steps.
        var enhanced: [Int: Scores]
    }

    let name: String
    private(set) var losses: [Point] = []
    private(set) var gradientNorms: [Point] = []
    private(set) var learningRates: [Point] = []
    private(set) var validations: [Validation] = []

    var lastStep: Double {
        max(losses.last?.x ?? 0, validations.last?.step ?? 0, learningRates.last?.x ?? 0)
    }

    /// - Parameter path: A log, or the folder of a run.
    /// - Throws: `CommandFailure` for lines that are no log's, save a torn last one, and for a log without entries.
    init(path: String) throws {
        let file = OutputPlan.isFolder(path) ? OutputPlan.join(path, "log.jsonl") : path
        let parts = file.split(separator: "/").map(String.init)
        let own = parts.last ?? file
        name = own == "log.jsonl" && parts.count > 1 ? parts[parts.count - 2] : own
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: file))
        } catch {
            throw CommandFailure("There is no readable log at \(file).")
        }
        let lines = data.split(separator: UInt8(ascii: "\n"))
        for (index, line) in lines.enumerated() {
            let entry = try? JSONValue(parsing: [UInt8](line))
            guard let entry, let step = entry["step"].double else {
                if index > 0, index == lines.count - 1 { break }
                throw CommandFailure("Line \(index + 1) of \(file) is no entry of a training log.")
            }
            add(entry, step: step)
        }
        guard lastStep > 0 else { throw CommandFailure("\(file) holds no steps yet.") }
    }

    private mutating func add(_ entry: JSONValue, step: Double) {
        if let loss = entry["loss"].double { losses.append(Point(step, loss)) }
        if let norm = entry["gradientNorm"].double { gradientNorms.append(Point(step, norm)) }
        if let rate = entry["learningRate"].double { learningRates.append(Point(step, rate)) }
        let validation = entry["validation"]
        guard let noisy = Self.scores(validation["noisy"]), let results = validation["enhanced"].object else { return }
        var enhanced: [Int: Scores] = [:]
        for key in results.keys {
            if let steps = Int(key), let scores = Self.scores(validation["enhanced"][key]) { enhanced[steps] = scores }
        }
        validations.append(Validation(step: step, noisy: noisy, enhanced: enhanced))
    }

    private static func scores(_ value: JSONValue) -> Scores? {
        guard let siSDR = value["siSDR"].double, let estoi = value["estoi"].double else { return nil }
        return Scores(siSDR: siSDR, estoi: estoi)
    }
}

/// The curves of one or several runs: loss, validation, gradient and learning rate, one panel each.
struct TrainingPicture {
    let runs: [TrainingCurves]
    let names: [String]

    func picture() -> Picture {
        let steps = Axis("Step", 0...(runs.map(\.lastStep).max() ?? 1))
        var panels: [any Panel] = []
        func add(_ title: String, _ label: String, _ curves: (TrainingCurves, Colour) -> [CurvePanel.Curve]) {
            let all = runs.enumerated().flatMap { curves($1, .series($0)) }.filter { !$0.points.isEmpty }
            guard !all.isEmpty else { return }
            panels.append(CurvePanel(title: title, label: label, steps: steps, curves: all))
        }
        // The spreads of several runs would hide each other.
        let showsSpread = runs.count == 1
        func binned(_ points: [Point], _ colour: Colour) -> [CurvePanel.Curve] {
            let bins = Self.bins(points, to: steps.range.upperBound)
            return [CurvePanel.Curve(points: bins.map(\.mean), colour: colour, band: showsSpread ? bins.map(\.range) : [])]
        }
        add(showsSpread ? "Training loss: mean and spread" : "Training loss", "Loss") { binned($0.losses, $1) }
        for (title, label, key) in [
            ("Validation: enhanced (solid) and noisy (dashed)", "SI-SDR (dB)", \TrainingCurves.Scores.siSDR),
            ("Validation: enhanced (solid) and noisy (dashed)", "ESTOI", \.estoi),
        ] {
            add(title, label) { run, colour in Self.validationCurves(run, key, colour) }
        }
        add("Gradient norm", "Norm") { binned($0.gradientNorms, $1) }
        add("Learning rate", "Rate") { run, colour in [CurvePanel.Curve(points: run.learningRates, colour: colour)] }
        let heights = panels.map { $0.title.hasPrefix("Training") ? 260.0 : 170.0 }
        return Picture(
            columns: [panels], panelWidth: 900, rowHeights: heights,
            legend: zip(names, runs.indices).map { ($0, .series($1)) })
    }

    /// One curve for each number of sampler steps, and the noisy recordings' level.
    private static func validationCurves(
        _ run: TrainingCurves, _ key: KeyPath<TrainingCurves.Scores, Double>, _ colour: Colour
    ) -> [CurvePanel.Curve] {
        let counts = Set(run.validations.flatMap { $0.enhanced.keys }).sorted()
        let curves = counts.map { count in
            let points = run.validations.compactMap { validation in
                validation.enhanced[count].map { Point(validation.step, $0[keyPath: key]) }
            }
            return CurvePanel.Curve(points: points, colour: colour, hasDots: points.count < 60)
        }
        let noisy = run.validations.map { Point($0.step, $0.noisy[keyPath: key]) }
        return curves + [CurvePanel.Curve(points: noisy, colour: colour, dashes: [5, 4])]
    }

    /// The mean and the spread (one standard deviation on either side) of up to 150 stretches of the steps.
    private static func bins(_ points: [Point], to end: Double) -> [(mean: Point, range: ClosedRange<Double>)] {
        let width = max(end / 150, 1)
        return Dictionary(grouping: points) { Int($0.x / width) }.sorted { $0.key < $1.key }.map { _, points in
            let n = Double(points.count)
            let x = points.reduce(0) { $0 + $1.x } / n, y = points.reduce(0) { $0 + $1.y } / n
            let deviation = (points.reduce(0) { $0 + ($1.y - y) * ($1.y - y) } / n).squareRoot()
            return (Point(x, y), y - deviation...y + deviation)
        }
    }
}
