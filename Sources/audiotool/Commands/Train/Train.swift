import ArgumentParser

struct Train: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Train a model on your own recordings.",
        subcommands: [
            TrainEnhancer.self, TrainDereverb.self, TrainExtractor.self, TrainEnrollment.self, TrainSpeaker.self, TrainCodec.self,
            TrainMusic.self, TrainCaptions.self,
        ])
}
