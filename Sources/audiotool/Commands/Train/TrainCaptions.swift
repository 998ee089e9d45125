import ArgumentParser
import AudioEmbeddings
import Training

struct TrainCaptions: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "captions",
        abstract: "Train an encoder that tells how well recordings and captions fit.",
        discussion: """
            Examples:
              audiotool train captions --music music/train --valid-music music/valid --output runs/captions
              audiotool train captions --music music/train --output runs/captions --resume

            --music is a folder of clips with a clips.jsonl, as for 'audiotool train music'. Recordings and captions of one clip \
            are brought near each other, those of different clips apart, as CLAP is trained. Ctrl-C saves the run. \
            'audiotool score --reward clap --encoder' and 'audiotool embed --encoder' take its best.safetensors.
            """)

    @Option(help: ArgumentHelp("A folder of clips with a clips.jsonl.", valueName: "dir")) var music: String
    @Option(help: ArgumentHelp("Clips for validation; without it some tunes of --music are held out.", valueName: "dir"))
    var validMusic: String?
    @OptionGroup var options: RunOptions

    func run() throws {
        try options.train { run, report in
            try ContrastiveTraining.execute(run, music: music, validationMusic: validMusic, report: report)
        }
    }
}
