import ArgumentParser
import TargetSpeech
import Training

struct TrainEnrollment: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enrollment",
        abstract: "Train a network that tells the voice in front from a noisy example.",
        discussion: """
            Examples:
              audiotool train enrollment --speech clean/ --noise noises/ --hrtf kemar.sofa --output runs/enroll
              audiotool train enrollment --speech clean/ --noise noises/ --hrtf kemar.sofa --output runs/enroll --resume

            The network learns to give, for a noisy example rendered at two ears with the talker in front, the vector that a \
            speaker encoder gives for the same utterance recorded clean. 'audiotool enroll --model' takes the run's \
            best.safetensors.
            """)

    @Option(help: "The design: mel-recurrent (light) or tf-gridnet (as published).") var design = Design.melRecurrent
    @OptionGroup var scenes: SceneOptions
    @OptionGroup var options: TrainingOptions

    enum Design: String, ExpressibleByArgument, CaseIterable {
        case melRecurrent = "mel-recurrent"
        case gridNet = "tf-gridnet"
    }

    func run() throws {
        func train<Network: EnrollingNetwork>(_ design: Network.Type, _ model: Network.Configuration) throws {
            try options.train { run, report in
                try SceneTraining.enrollment(
                    run, defaults: SceneTrainingConfiguration(model: model), on: scenes.folders(options), as: design,
                    teacher: { try scenes.teacher() }, report: report)
            }
        }
        switch design {
        case .melRecurrent: try train(MelEnrollmentNetwork.self, MelEnrollmentConfiguration())
        case .gridNet: try train(EnrollmentNetwork.self, EnrollmentConfiguration())
        }
    }
}
