import ArgumentParser
import AudioDSP
import ModelLibrary
import TargetSpeech

struct StreamExtract: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "extract",
        abstract: "Let one voice through while it sounds.",
        discussion: """
            Examples:
              audiotool enroll alice.wav -o alice.voice
              arecord -f S16_LE -r 16000 | audiotool stream extract --voice alice.voice | aplay
              audiotool stream extract --voice alice.voice --input-device headset --output-device headset

            With a microphone, e and Enter enrols anew from what is heard in the next seconds, l and Enter from the last \
            ones; q and Enter ends. --voice may then be left out: nothing is heard until somebody is enrolled.
            """)

    @Option(help: ArgumentHelp("Whom to let through; 'audiotool enroll' makes such a file.", valueName: "file"), completion: .file())
    var voice: String?
    @Option(help: ArgumentHelp("The model that enrols while the stream runs.", valueName: "name")) var enrollmentModel: String?
    @Option(help: "Seconds that an enrolment takes, 1 to 30.") var enrollSeconds = 5.0
    @OptionGroup var options: StreamOptions

    func validate() throws {
        guard (1...30).contains(enrollSeconds) else {
            throw ValidationError("--enroll-seconds must be from 1 to 30, not \(enrollSeconds).")
        }
        if voice == nil, !options.usesInputDevice, !options.listDevices {
            throw ValidationError("Name the voice with --voice; 'audiotool enroll EXAMPLE -o alice.voice' makes one.")
        }
    }

    func run() throws {
        try StreamSession(options, enrollmentSeconds: enrollSeconds).run(makeModel)
    }

    private func makeModel(rate: Int, channels: Int) throws -> StreamedModel {
        let store = ModelStore(), model = try StreamingModel(store.model(options.model, kind: .extractor))
        let extractor = try model.processor()
        if let voice { try extractor.use(Voice(reading: voice), of: model, path: voice) }
        let mapped = try ChannelMappedProcessor(extractor, inputChannels: channels, outputChannels: channels)
        let watch = try PresenceWatch(mapped, settings: model.presence)
        let blend = BlendedProcessor(watch, strength: Float(options.strength))
        var streamed = StreamedModel(stream: try blend.blocks(at: rate))
        if options.usesInputDevice {
            let enroller = LiveEnroller(extractor: extractor, model: model, store: store, encoderName: enrollmentModel)
            streamed.enroll = { enroller.enroll($0) }
        }
        streamed.state = { watch.state == .unknown ? nil : "voice \(watch.state.rawValue)" }
        streamed.verdict = { TargetReport(watch.verdict).sentence }
        return streamed
    }
}
