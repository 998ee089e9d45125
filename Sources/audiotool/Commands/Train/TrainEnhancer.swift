import ArgumentParser
import ScoreDiffusion

struct TrainEnhancer: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enhancer",
        abstract: "Train a speech enhancer from clean speech and noises.",
        discussion: """
            Examples:
              audiotool train enhancer --speech clean/ --noise noises/ --output runs/first
              audiotool train enhancer --speech clean/ --noise noises/ --output runs/first --resume

            Speech and noise are mixed while training. Recordings of any format and rate may be mixed in the folders; \
            put each speaker's into a folder of its own. Ctrl-C saves the run. Its folder holds config.json (all \
            settings), log.jsonl (losses and validations), the last two checkpoints, model.safetensors and \
            best.safetensors, which 'audiotool enhance --model' takes.
            """)

    @Option(help: ArgumentHelp("A folder of noise recordings.", valueName: "dir"))
    var noise: String
    @Option(help: "Rooms to simulate, 0 for none; the model then also learns to remove reverberation.")
    var rooms = 0
    @OptionGroup var options: TrainingOptions

    func validate() throws { try TrainingOptions.validate(rooms: rooms, from: 0) }

    func run() throws { try options.train(.denoising, noise: noise, rooms: rooms) }
}
