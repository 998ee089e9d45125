import ArgumentParser
import AudioDSP
import Foundation
import MusicRL

extension Tokens {
    struct Encode: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Encode a recording of any rate, length and number of channels.",
            discussion: """
                Examples:
                  audiotool tokens encode song.flac -o song.safetensors
                  audiotool tokens encode song.flac -o song.safetensors --model encodec --codebooks 8
                """)

        @Argument(help: ArgumentHelp("A recording; - is standard input.", valueName: "file"), completion: .file()) var input: String
        @Option(name: .shortAndLong, help: ArgumentHelp("The file of codes to write, .safetensors.", valueName: "file"), completion: .file())
        var output: String
        @Option(help: ArgumentHelp("An installed codec (see 'audiotool models') or a model file.", valueName: "name")) var model: String?
        @Option(help: "Codebooks to use, coarse ones first; all if left out.") var codebooks: Int?
        @Flag(help: "Print what was done as JSON.") var json = false
        @OptionGroup var common: CommonOptions

        private struct Report: Encodable {
            var output: String
            var model: String
            var sha256: String
            var streams: Int
            var codebooks: Int
            var frames: Int
            var seconds: Double
            var bitsPerSecond: Double
        }

        func validate() throws {
            guard output.hasSuffix(".safetensors") else { throw ValidationError("\(output) must end in .safetensors.") }
            if let codebooks, codebooks < 1 { throw ValidationError("--codebooks must be at least 1, not \(codebooks).") }
        }

        func run() throws {
            let reader = try AudioFileReader(path: input)
            try reader.info.requireAudio()
            let codec = try InstalledCodec.find(model, codebooks: codebooks)
            let console = Console(isQuiet: common.quiet)
            let tokens = try CodecProgress(console, seconds: reader.info.duration).run { try codec.encode(reader, onProgress: $0) }
            try tokens.write(to: output)
            for warning in reader.info.warnings { console.note("\(reader.info.path): \(warning)") }
            let rate = codec.codec.bitRate * Double(tokens.codes.count)
            let report = Report(
                output: output, model: codec.name, sha256: codec.sha256, streams: tokens.codes.count,
                codebooks: tokens.codes[0].count, frames: tokens.codes[0][0].count, seconds: tokens.recording.duration, bitsPerSecond: rate)
            if json { return try JSONOutput.print(report) }
            if !common.quiet {
                print(String(
                    format: "%@: %.2f s in %d frames of %d codes, %.2f kbit/s, by %@", output, report.seconds, report.frames,
                    report.streams * report.codebooks, rate / 1000, report.model))
            }
        }
    }
}
