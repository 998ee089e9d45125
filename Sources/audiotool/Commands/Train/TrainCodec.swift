import ArgumentParser
import MusicRL
import Training

struct TrainCodec: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "codec",
        abstract: "Train a codec that turns music into codes and back.",
        discussion: """
            Examples:
              audiotool train codec --music music/train --valid-music music/valid --output runs/codec
              audiotool train codec --music music/train --output runs/codec --resume

            The codec is the light one that works on spectra. Recordings of any format, rate and number of channels may be \
            mixed. Ctrl-C saves the run. 'audiotool tokens --model' takes the run's best.safetensors.
            """)

    @Option(help: ArgumentHelp("A folder of recordings.", valueName: "dir")) var music: String
    @Option(help: ArgumentHelp("Recordings for validation; without it a few of --music are held out.", valueName: "dir"))
    var validMusic: String?
    @OptionGroup var options: RunOptions

    func run() throws {
        try options.train { run, report in
            try CodecTraining.execute(run, music: music, validationMusic: validMusic, report: report)
        }
    }
}
