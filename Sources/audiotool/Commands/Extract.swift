import ArgumentParser
import AudioDSP
import Foundation
import ModelLibrary
import TargetSpeech

struct Extract: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Keep one enrolled voice of recordings.",
        discussion: """
            Examples:
              audiotool enroll alice.wav -o alice.voice
              audiotool extract party.wav --voice alice.voice           (writes party-extracted.wav)
              audiotool extract party.wav --voice alice.voice -o alice.flac --strength 0.8
              audiotool extract in/ -o out/ --voice alice.voice --skip-existing
              audiotool extract party.wav --voice alice.voice --json    (says whether the voice was there)

            Any rate, length and number of channels; the output has the input's, and its timing. The result reaches as high \
            as the model's rate allows (8 kHz for the default model). A model for one microphone hears the mean of all \
            channels, one for two ears the first two.
            """)

    @Argument(help: ArgumentHelp("Recordings or folders; - is standard input.", valueName: "input"), completion: .file())
    var inputs: [String]
    @Option(help: ArgumentHelp("Whom to keep; 'audiotool enroll' makes such a file.", valueName: "file"), completion: .file())
    var voice: String
    @Option(
        name: .shortAndLong, help: ArgumentHelp("A file, a folder, or - for standard output.", valueName: "path"),
        completion: .file())
    var output: String?
    @Option(help: "How much of the effect, 0 (as it was) to 1.") var strength = 1.0
    @Option(help: ArgumentHelp("An installed model (see 'audiotool models') or a file.", valueName: "name")) var model: String?
    @Option(help: "Recordings at work side by side, a thread each.") var jobs = 1
    @Flag(help: "Leave out recordings whose output is there already.") var skipExisting = false
    @Flag(help: "Take what is there of a file that breaks off.") var allowTruncated = false
    @Flag(help: "Print the results as JSON, with a verdict on the voice's presence.") var json = false
    @OptionGroup var common: CommonOptions

    func validate() throws {
        if inputs.isEmpty { throw ValidationError("Name at least one recording.") }
        guard (0...1).contains(strength) else { throw ValidationError("--strength must be from 0 to 1, not \(strength).") }
        guard (1...256).contains(jobs) else { throw ValidationError("--jobs must be from 1 to 256, not \(jobs).") }
    }

    func run() throws {
        let plan = try OutputPlan(inputs: inputs, output: output, suffix: "-extracted")
        let writesToStandardOutput = plan.jobs.contains { $0.output == "-" }
        if json, writesToStandardOutput {
            throw ValidationError("--json and the sound cannot both go to standard output.")
        }
        if skipExisting, let job = plan.jobs.first(where: OutputPlan.isInPlace) {
            throw ValidationError("--skip-existing would skip \(job.input), which is its own output.")
        }
        signal(SIGPIPE, SIG_IGN)
        let console = Console(isQuiet: common.quiet)
        let enrolled = try Voice(reading: voice)
        let model = try StreamingModel(ModelStore().model(model, kind: .extractor))
        try model.check(enrolled, path: voice)
        if common.verbose {
            console.note("model \(model.file.name), voice \(voice), " + String(format: "confidence %.2f", enrolled.confidence))
        }
        if plan.ignored > 0 { console.note("\(plan.ignored) files that are no audio are left out") }

        let extractor = RecordingExtractor(
            model: model, voice: enrolled, voicePath: voice, strength: strength, truncation: allowTruncated ? .accept : .refuse)
        let session = CleaningSession(
            plan.jobs, worker: extractor, console: console, interruption: Interruption(), skipsExisting: skipExisting,
            printsResults: !json && !common.quiet && !writesToStandardOutput, verb: RecordingExtractor.status)
        session.run(workers: min(jobs, plan.jobs.count))
        if json { try JSONOutput.print(session.report) }
        try session.conclude()
    }
}
