import ArgumentParser
import AudioDSP
import Foundation
import ModelLibrary
import TargetSpeech

struct Enroll: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Learn a voice from recordings of it.",
        discussion: """
            Examples:
              audiotool enroll alice.wav -o alice.voice
              audiotool enroll monday.flac tuesday.wav -o alice.voice   (several examples are better)
              arecord -d 5 -f S16_LE -c 2 -r 16000 | audiotool enroll - -o alice.voice

            An example is 3 to 5 seconds in which the person speaks, mono or binaural; in a binaural recording, face the \
            person. Silence, music and too little speech are refused with the reason. The confidence, 0 to 1, says how far \
            the result is to be trusted.
            """)

    @Argument(help: ArgumentHelp("Recordings of the voice; - is standard input.", valueName: "example"), completion: .file())
    var examples: [String]
    @Option(name: .shortAndLong, help: ArgumentHelp("The voice file to write.", valueName: "file"), completion: .file())
    var output: String
    @Option(help: ArgumentHelp("An installed model (see 'audiotool models') or a file.", valueName: "name")) var model: String?
    @Flag(help: "Print the result as JSON.") var json = false
    @OptionGroup var common: CommonOptions

    private struct Report: Encodable {
        var output: String
        var model: String
        var confidence: Double
        var partCosine: Double?
        var exampleCosine: Double?
        var seconds: Double
        var speechSeconds: Double
    }

    func validate() throws {
        if examples.isEmpty { throw ValidationError("Name at least one recording of the voice.") }
        if examples.filter({ $0 == "-" }).count > 1 { throw ValidationError("Standard input can be read only once.") }
        if examples.contains(output) { throw ValidationError("\(output) is an example; name another file with --output.") }
    }

    func run() throws {
        let encoder = try NetworkEnrollmentEncoder(ModelStore().model(model, kind: .enrollment))
        let sounds = try examples.map { path in
            VoiceEnroller.Example(name: path == "-" ? "standard input" : path, sound: try Self.read(path))
        }
        let voice = try VoiceEnroller(encoder: encoder).enroll(sounds)
        try voice.write(to: output)
        let speech = voice.origin.examples.reduce(0) { $0 + $1.speechDuration }
        if json {
            try JSONOutput.print(Report(
                output: output, model: voice.model.name, confidence: voice.confidence, partCosine: voice.origin.partCosine,
                exampleCosine: voice.origin.exampleCosine, seconds: voice.origin.examples.reduce(0) { $0 + $1.duration },
                speechSeconds: speech))
        } else if !common.quiet {
            print(String(format: "%@: confidence %.2f, from %.1f s of speech", output, voice.confidence, speech))
        }
    }

    /// The beginning of a recording: of hours the first ten minutes are enough.
    private static func read(_ path: String) throws -> AudioBuffer {
        let reader = try AudioFileReader(path: path)
        try reader.info.requireAudio()
        let limit = 600 * reader.info.sampleRate
        var sound = AudioBuffer(channels: Array(repeating: [], count: reader.info.channels), sampleRate: reader.info.sampleRate)
        while sound.frameCount < limit, let block = try reader.read(frames: min(65_536, limit - sound.frameCount)) { sound.append(block) }
        return sound
    }
}
