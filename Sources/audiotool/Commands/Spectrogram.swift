import ArgumentParser
import Foundation

struct Spectrogram: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Draw the spectrograms of recordings, one above the other on one scale.",
        discussion: "Example: audiotool spectrogram street.wav street-enhanced.wav -o before-after.png")

    @Argument(help: ArgumentHelp("Recordings.", valueName: "input"), completion: .file()) var inputs: [String]
    @Option(name: .shortAndLong, help: ArgumentHelp("A .png file.", valueName: "file"), completion: .file(extensions: ["png"]))
    var output: String
    @Option(name: .customLong("title"), help: "The title of each recording in turn; its file's name if left out.")
    var titles: [String] = []
    @Option(help: ArgumentHelp("The weakest level shown, under the strongest.", valueName: "dB")) var range = 80.0

    func validate() throws {
        if !(1...8).contains(inputs.count) { throw ValidationError("From 1 to 8 recordings fit on a picture, not \(inputs.count).") }
        if !output.lowercased().hasSuffix(".png") { throw ValidationError("--output must end in .png, which \(output) does not.") }
        if !titles.isEmpty, titles.count != inputs.count {
            throw ValidationError("There are \(inputs.count) recordings and \(titles.count) titles.")
        }
        if !(10...200).contains(range) { throw ValidationError("--range must be from 10 to 200, not \(range).") }
    }

    func run() throws {
        var picture = SpectrogramPicture()
        picture.range = range
        let recordings = try inputs.map { try SpectrogramColumns(path: $0, columns: picture.width) }
        try picture.draw(recordings, titles: titles.isEmpty ? recordings.map(\.name) : titles).writePNG(to: output)
    }
}
