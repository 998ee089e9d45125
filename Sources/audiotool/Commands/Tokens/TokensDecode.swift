import ArgumentParser
import AudioDSP
import Foundation
import MusicRL

extension Tokens {
    struct Decode: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a recording of codes, with the rate, length and channels of the one that was encoded.",
            discussion: """
                Examples:
                  audiotool tokens decode song.safetensors -o again.wav
                  audiotool tokens decode song.safetensors -o - | aplay
                """)

        @Argument(help: ArgumentHelp("A file of codes.", valueName: "file"), completion: .file()) var input: String
        @Option(name: .shortAndLong, help: ArgumentHelp("The recording to write; - is standard output.", valueName: "file"), completion: .file())
        var output: String
        @Option(help: ArgumentHelp("The codec that made the codes, where it goes by another name now.", valueName: "name")) var model: String?
        @OptionGroup var common: CommonOptions

        func run() throws {
            let tokens = try TokenFile(path: input)
            let codec = try InstalledCodec.find(model ?? tokens.codec.name)
            let format = try AudioFileFormat.matching(outputPath: output)
            let wanted = tokens.recording.sampleRate, rate = try format.supportedSampleRate(for: wanted, path: output)
            let console = Console(isQuiet: common.quiet)
            let writer = try AudioFileWriter(
                path: output, format: format, sampleRate: rate, channels: tokens.recording.channels,
                expectedFrames: Resampler.frameCount(for: tokens.recording.frames, from: wanted, to: rate))
            defer { writer.cancel() }
            try CodecProgress(console, seconds: tokens.recording.duration).run { onProgress in
                try codec.decode(tokens, path: input, rate: rate, onProgress: onProgress, into: writer.write)
            }
            let report = try writer.finish()
            if rate != wanted { console.note("\(output): \(format.displayName) is written at \(rate) Hz") }
            if report.limitedSamples > 0 { console.note("\(output): \(report.limitedSamples) samples limited at full scale") }
        }
    }
}
