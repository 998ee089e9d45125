import Alignment
import ArgumentParser
import AudioEmbeddings
import Foundation
import NeuralCore

struct Embed: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Turn recordings and captions into vectors that are near each other where they are alike.",
        discussion: """
            Examples:
              audiotool embed music/ -o music.safetensors
              audiotool embed a.wav b.wav --encoder spectral -o vectors.npy
              audiotool embed music/ --text "slow piano" --encoder clap -o vectors.json

            Rows are in the order of the recordings, those of a folder sorted by name; texts follow. A recording has one row, \
            with --stretches one for each stretch that the encoder cuts it into. Embeddings of recordings are kept in a cache by \
            content. The file's ending decides its form: .safetensors (with names and encoder), .npy or .json.
            """)

    @Argument(help: ArgumentHelp("Recordings, or folders of them.", valueName: "path"), completion: .file()) var inputs: [String] = []
    @Option(help: ArgumentHelp("A caption; may be repeated.", valueName: "text")) var text: [String] = []
    @Option(help: ArgumentHelp("A file with a caption on each line.", valueName: "file"), completion: .file()) var texts: String?
    @Option(name: .shortAndLong, help: ArgumentHelp("The file to write: .safetensors, .npy or .json.", valueName: "file"), completion: .file())
    var output: String
    @Option(help: ArgumentHelp(
        "An encoder: an installed model, a model file, a CLAP folder, or spectral. If left out the installed one for captions, or spectral.",
        valueName: "name"))
    var encoder: String?
    @Flag(help: "A row for each stretch of a recording.") var stretches = false
    @Option(
        help: ArgumentHelp("Where embeddings are kept; ~/.cache/audiotool/embeddings if left out.", valueName: "folder"),
        completion: .directory)
    var cache: String?
    @Flag(help: "Keep no embeddings.") var noCache = false
    @Option(help: "Threads; all cores if left out.") var threads: Int?
    @OptionGroup var common: CommonOptions

    func validate() throws {
        if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads must be from 1 to 1024, not \(threads).") }
        if cache != nil, noCache { throw ValidationError("--cache and --no-cache contradict each other.") }
        if inputs.isEmpty, text.isEmpty, texts == nil { throw ValidationError("Name recordings or folders, or texts with --text.") }
        guard EmbeddingTable.Form(path: output) != nil else { throw ValidationError("\(output) must end in .safetensors, .npy or .json.") }
    }

    func run() throws {
        if let threads { ComputeThreads.count = threads }
        let console = Console(isQuiet: common.quiet), interruption = Interruption()
        let captions = try text + (texts.map { try TextLines.read($0) } ?? [])
        let encoder = try chosen(needsText: !captions.isEmpty)
        let recordings = try RecordingPaths.find(inputs)
        let store = EmbeddingCache(folder: noCache ? nil : cache ?? EmbeddingCache.standardFolder())
        if common.verbose { console.note("encoder \(encoder.name): \(encoder.cutting)") }
        do {
            var table = EmbeddingTable(encoder: encoder)
            for (index, path) in recordings.enumerated() {
                if interruption.isRequested { throw CancellationError() }
                console.progress("[\(index + 1)/\(recordings.count)] \(path)")
                try table.append(store.embeddings(ofFile: path, by: encoder), of: path, encoder: encoder, stretches: stretches)
            }
            for caption in captions {
                if interruption.isRequested { throw CancellationError() }
                guard let encoder = encoder as? any AudioTextEncoder else { throw EncoderError.noTextSide(encoder: encoder.name) }
                table.append(try encoder.embedding(ofText: caption), of: caption)
            }
            console.clearProgress()
            try table.write(to: output)
            console.note("\(output): \(table.count) × \(encoder.dimension) by \(encoder.name)")
        } catch is CancellationError {
            console.clearProgress()
            throw ExitCode(130)
        }
    }

    /// The encoder that is named, else the installed one for captions or, where none is needed, the one without weights.
    private func chosen(needsText: Bool) throws -> any AudioEncoder {
        if let encoder {
            return needsText ? try EncoderLibrary.textEncoder(encoder) : try EncoderLibrary.encoder(encoder)
        }
        do {
            return try EncoderLibrary.textEncoder(nil)
        } catch EncoderError.noTextEncoder where !needsText {
            return try EncoderLibrary.encoder(EncoderLibrary.builtIn)
        }
    }
}
