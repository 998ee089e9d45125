import ArgumentParser
import Foundation

struct Plot: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Draw recordings or the curves of training runs, as PNG or SVG.",
        discussion: """
            Examples:
              audiotool plot street.wav street-enhanced.wav -o spectrograms.png
              audiotool plot street.wav --scale mel -o mel.svg
              audiotool plot street.wav street-enhanced.wav --kind pair -o before-after.png
              audiotool plot runs/mine runs/other -o curves.svg

            Several recordings share one colour and one amplitude scale. Runs are given by their folders or by their logs \
            (log.jsonl).
            """)

    enum Kind: String, CaseIterable, ExpressibleByArgument { case spectrogram, waveform, pair, training }

    @Argument(help: ArgumentHelp("Recordings; or folders or logs of training runs.", valueName: "input"), completion: .file())
    var inputs: [String]
    @Option(
        name: .shortAndLong, help: ArgumentHelp("A .png or .svg file.", valueName: "file"),
        completion: .file(extensions: ["png", "svg"]))
    var output: String
    @Option(help: "spectrogram, waveform, pair (before and after) or training; as the inputs are if left out.")
    var kind: Kind?
    @Option(help: "Frequencies on a linear, a log or a mel scale.") var scale = FrequencyScale.linear
    @Option(help: ArgumentHelp("The weakest level shown, under the strongest.", valueName: "dB")) var range = 80.0
    @Option(name: .customLong("title"), help: "The title of each input in turn; its name if left out.")
    var titles: [String] = []
    @Option(help: ArgumentHelp("Width of a panel, 100 to 4000.", valueName: "pixels")) var width: Int?

    private var isTraining: Bool {
        kind == .training || kind == nil && inputs.allSatisfy { $0.hasSuffix(".jsonl") || OutputPlan.isFolder($0) }
    }

    func validate() throws {
        if !(1...8).contains(inputs.count) { throw ValidationError("From 1 to 8 inputs fit on a picture, not \(inputs.count).") }
        if Canvas.Format(path: output) == nil {
            throw ValidationError("--output must end in .png or .svg, which \(output) does not.")
        }
        if !titles.isEmpty, titles.count != inputs.count {
            throw ValidationError("There are \(inputs.count) inputs and \(titles.count) titles.")
        }
        if !(10...200).contains(range) { throw ValidationError("--range must be from 10 to 200, not \(range).") }
        if let width, !(100...4000).contains(width) { throw ValidationError("--width must be from 100 to 4000, not \(width).") }
        if kind == .pair, inputs.count != 2 {
            throw ValidationError("A pair is two recordings, not \(inputs.count).")
        }
        if let other = inputs.first(where: { isTraining ? false : $0.hasSuffix(".jsonl") || OutputPlan.isFolder($0) }) {
            throw ValidationError("\(other) is no recording; draw training runs by themselves.")
        }
    }

    func run() throws {
        let picture = try isTraining ? training() : recordings()
        let format = Canvas.Format(path: output) ?? .png
        try OutputFile.write(picture.drawn(as: format).encoded(), to: output)
    }

    private func recordings() throws -> Picture {
        let kind = kind.flatMap { RecordingPicture.Kind(rawValue: $0.rawValue) } ?? .spectrogram
        let drawing = RecordingPicture(kind: kind, scale: scale, range: range, panelWidth: width)
        return try drawing.picture(of: inputs, titles: titles.isEmpty ? nil : titles)
    }

    private func training() throws -> Picture {
        if inputs.allSatisfy(TuningLog.isOne) {
            let runs = try inputs.map(TuningLog.init(path:))
            var picture = TuningPicture(runs: runs, names: titles.isEmpty ? runs.map(\.name) : titles).picture()
            if let width { picture.panelWidth = Double(width) }
            return picture
        }
        let runs = try inputs.map { try TrainingCurves(path: $0) }
        var picture = TrainingPicture(runs: runs, names: titles.isEmpty ? runs.map(\.name) : titles).picture()
        if let width { picture.panelWidth = Double(width) }
        return picture
    }
}

extension FrequencyScale: ExpressibleByArgument {}
