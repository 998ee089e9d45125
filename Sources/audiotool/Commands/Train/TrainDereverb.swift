import ArgumentParser
import ScoreDiffusion

struct TrainDereverb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dereverb",
        abstract: "Train a dereverberator from clean speech and simulated rooms.",
        discussion: """
            Examples:
              audiotool train dereverb --speech clean/ --output runs/rooms
              audiotool train dereverb --speech clean/ --noise noises/ --output runs/rooms --resume

            The speech should be recorded close to the microphone. Its rooms are simulated while training, and the \
            model learns to keep the direct sound with the reflections of its first 50 ms. With --noise a third of \
            the examples has faint noise too. The folder of the run is that of 'audiotool train enhancer'; \
            'audiotool dereverb --model' takes its best.safetensors.
            """)

    @Option(help: ArgumentHelp("A folder of noise recordings.", valueName: "dir"))
    var noise: String?
    @Option(help: "Rooms to simulate.")
    var rooms = 300
    @OptionGroup var options: TrainingOptions

    func validate() throws {
        try TrainingOptions.validate(rooms: rooms, from: 1)
        if noise == nil, options.validNoise != nil { throw ValidationError("--valid-noise needs --noise.") }
    }

    func run() throws { try options.train(.dereverberation, noise: noise, rooms: rooms) }
}
