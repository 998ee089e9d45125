import ArgumentParser
import TargetSpeech
import Training

struct TrainSpeaker: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "speaker",
        abstract: "Train a speaker encoder from clean speech and another encoder's vectors.",
        discussion: """
            Examples:
              audiotool train speaker --speech clean/ --teacher pretrained.pt --output runs/speaker
              audiotool train speaker --speech clean/ --teacher pretrained.pt --output runs/speaker --resume

            From 1.6 s of an utterance the encoder learns to give the vector that its teacher gives for the whole of it. The             teacher is a checkpoint of Resemblyzer or another speaker model; it is not needed afterwards.
            """)

    @Option(help: ArgumentHelp("A checkpoint of Resemblyzer, or a speaker model.", valueName: "model")) var teacher: String
    @OptionGroup var options: TrainingOptions

    func validate() throws {
        if options.validNoise != nil { throw ValidationError("There is no noise here: leave out --valid-noise.") }
    }

    func run() throws {
        try options.train { run, report in
            try SpeakerTraining.execute(
                run, speech: options.speech, validationSpeech: options.validSpeech,
                teacher: { try SpeakerEncoder(named: teacher) }, report: report)
        }
    }
}
