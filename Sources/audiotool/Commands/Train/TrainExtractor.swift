import ArgumentParser
import TargetSpeech
import Training

struct TrainExtractor: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "extractor",
        abstract: "Train an extractor of one voice from clean speech, noises and heads.",
        discussion: """
            Examples:
              audiotool train extractor --speech clean/ --noise noises/ --hrtf kemar.sofa --output runs/hear
              audiotool train extractor --speech clean/ --noise noises/ --hrtf kemar.sofa --output runs/hear --resume

            Talkers and noise are rendered at two ears while training, as by 'audiotool mix'. The voice is told by the vector \
            of a clean utterance or, with --enrollment, by that of a noisy example; the extractor then goes with that \
            enrolment model. 'audiotool extract --model' takes the run's best.safetensors.
            """)

    @Option(help: "The design: band-split (light) or tf-gridnet (as published).") var design = Design.bandSplit
    @Option(help: ArgumentHelp("A model that enrols from noisy examples.", valueName: "model")) var enrollment: String?
    @OptionGroup var scenes: SceneOptions
    @OptionGroup var options: TrainingOptions

    enum Design: String, ExpressibleByArgument, CaseIterable {
        case bandSplit = "band-split"
        case gridNet = "tf-gridnet"
    }

    func run() throws {
        func train<Network: ExtractorNetwork>(_ design: Network.Type, _ model: Network.Configuration) throws {
            var defaults = SceneTrainingConfiguration(model: model)
            defaults.scenes.absent = 0.1
            try options.train { run, report in
                try SceneTraining.extractor(
                    run, defaults: defaults, on: scenes.folders(options), as: design,
                    teacher: { try scenes.teacher(enrollment: enrollment) }, report: report)
            }
        }
        switch design {
        case .bandSplit: try train(BandSplitExtractor.self, BandSplitConfiguration())
        case .gridNet: try train(TFGridNetExtractor.self, ExtractorConfiguration())
        }
    }
}
