import ArgumentParser
import AudioDSP
import ModelLibrary
import ScoreDiffusion
import TargetSpeech

struct StreamEnhance: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enhance",
        abstract: "Remove noise from speech while it sounds.",
        discussion: """
            Examples:
              arecord -f S16_LE -r 48000 | audiotool stream enhance | aplay
              audiotool stream enhance --input-device headset --output-device speakers
              audiotool stream enhance --input talk.wav -o clean.wav --compensate

            'audiotool enhance' does it better for recordings, where it may look ahead.
            """)

    @OptionGroup var options: StreamOptions

    func run() throws { try StreamSession(options).run(makeModel) }

    private func makeModel(rate: Int, channels: Int) throws -> StreamedModel {
        let file = try ModelStore().model(options.model, kind: .streamingEnhancer)
        let processor: any StreamProcessor =
            EnhancerModel.describes(file) ? try StreamingEnhancer(EnhancerModel(file)) : try StreamingModel(file).processor()
        let mapped = try ChannelMappedProcessor(processor, inputChannels: channels, outputChannels: channels)
        return StreamedModel(stream: try BlendedProcessor(mapped, strength: Float(options.strength)).blocks(at: rate))
    }
}
