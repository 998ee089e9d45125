import ArgumentParser
import Foundation
import NeuralCore
import TextEncoding

struct Captions: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write captions in many wordings for clips of which facts are known.",
        discussion: """
            Example:
              audiotool captions music/train --count 20 > captions.jsonl

            A line is written for each clip of the folder's clips.jsonl: its file, and captions that tell some of what is known of \
            it (instrument, tempo, key, …), each in words of its own. Training draws such captions by itself.
            """)

    @Argument(help: ArgumentHelp("A folder of clips with its clips.jsonl.", valueName: "dir"), completion: .directory) var folder: String
    @Option(help: "How many captions for each clip.") var count = 20
    @Option(help: "Seed of all random numbers.") var seed: UInt64 = 1

    func validate() throws {
        if !(1...10_000).contains(count) { throw ValidationError("--count must be from 1 to 10000, not \(count).") }
    }

    private struct Line: Encodable {
        var file: String
        var captions: [String]
    }

    func run() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        for (index, clip) in try CaptionedFolder(path: folder).clips.enumerated() {
            var random = Philox(seed: seed, stream: UInt64(index))
            let captions = (0..<count).map { _ in clip.drawCaption(varied: 1, using: &random).text }
            print(String(decoding: try encoder.encode(Line(file: clip.path, captions: captions)), as: UTF8.self))
        }
    }
}
