import ArgumentParser
import ModelLibrary
import MusicRL
import Training

struct TrainMusic: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "music",
        abstract: "Train a model that makes music from descriptions.",
        discussion: """
            Examples:
              audiotool train music --music music/train --valid-music music/valid --codec runs/codec/best.safetensors -o runs/music
              audiotool train music --music music/train --output runs/music --resume

            --music is a folder of clips with a clips.jsonl: on each line {"file": "a.wav", "caption": "a slow waltz"}, and what \
            else is known of the clip. A text encoder, its tokenizer and a decoder of the codec's codes are trained together. \
            Clips are encoded once. Ctrl-C saves the run. 'audiotool generate --model' takes its best.safetensors, which holds \
            the codec too.
            """)

    @Option(help: ArgumentHelp("A folder of clips with a clips.jsonl.", valueName: "dir")) var music: String
    @Option(help: ArgumentHelp("Clips for validation; without it some tunes of --music are held out.", valueName: "dir"))
    var validMusic: String?
    @Option(help: ArgumentHelp("An installed codec or a file of one; a run that goes on knows it.", valueName: "model"))
    var codec: String?
    @OptionGroup var options: RunOptions

    func run() throws {
        let file = options.resume && codec == nil ? nil : try InstalledCodec.file(codec, option: "--codec")
        try options.train { run, report in
            try MusicTraining.execute(run, music: music, validationMusic: validMusic, codec: file, report: report)
        }
    }
}
