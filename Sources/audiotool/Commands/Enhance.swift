import ArgumentParser
import AudioDSP
import Foundation
import NeuralCore
import ScoreDiffusion

struct Enhance: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Remove noise from recordings of speech.",
        discussion: """
            Examples:
              audiotool enhance street.wav                  (writes street-enhanced.wav)
              audiotool enhance street.wav -o clean.flac    (another name and format)
              audiotool enhance street.wav --attenuation-limit 12   (too strong? like this)
              audiotool enhance in/ -o out/ --skip-existing         (a folder; after a stop)
              ffmpeg -i talk.m4a -f wav - | audiotool enhance - -o - | aplay

            Any rate and number of channels. The output has the input's length, rate, channels, level and timing; \
            WAV keeps the bit depth. Each channel is cleaned by itself. Above the model's band (8 kHz for the default \
            model) the sound follows the gain of the model's highest band.
            """)

    @Argument(
        help: ArgumentHelp("Recordings or folders; - is standard input.", valueName: "input"), completion: .file())
    var inputs: [String]
    @Option(
        name: .shortAndLong, help: ArgumentHelp("A file, a folder, or - for standard output.", valueName: "path"),
        completion: .file())
    var output: String?
    @Option(help: ArgumentHelp("Attenuate noise by at most so much, 0 to 100.", valueName: "dB"))
    var attenuationLimit: Double?
    @Option(help: ArgumentHelp("An installed model (see 'audiotool models') or a file.", valueName: "name"))
    var model: String?
    @Option(help: "Seed of the random numbers; the same seed gives the same samples.") var seed: UInt64 = 0
    @Option(help: "Threads; all cores if left out.") var threads: Int?
    @Option(help: ArgumentHelp("Write at this sample rate instead of the input's.", valueName: "Hz")) var rate: Int?
    @Flag(help: "Leave out recordings whose output is there already.") var skipExisting = false
    @Flag(help: "Clean what is there of a file that breaks off.") var allowTruncated = false
    @Flag(help: "Print the results as JSON.") var json = false
    @OptionGroup(title: "Sampling, otherwise as the model has it") var sampler: SamplerFlags
    @OptionGroup var common: CommonOptions

    func validate() throws {
        if inputs.isEmpty { throw ValidationError("Name at least one recording.") }
        if let threads, !(1...1024).contains(threads) {
            throw ValidationError("--threads must be from 1 to 1024, not \(threads).")
        }
        if let rate, !AudioFileLimits.sampleRates.contains(rate) {
            throw ValidationError("--rate must be from 1000 to 768000, not \(rate).")
        }
        if let attenuationLimit, !(0...100).contains(attenuationLimit) {
            throw ValidationError("--attenuation-limit must be from 0 to 100, not \(attenuationLimit).")
        }
    }

    func run() throws {
        let plan = try OutputPlan(inputs: inputs, output: output)
        let writesToStandardOutput = plan.jobs.contains { $0.output == "-" }
        if json, writesToStandardOutput {
            throw ValidationError("--json and the sound cannot both go to standard output.")
        }
        if skipExisting, let job = plan.jobs.first(where: OutputPlan.isInPlace) {
            throw ValidationError("--skip-existing would skip \(job.input), which is its own output.")
        }
        signal(SIGPIPE, SIG_IGN)
        if let threads { ComputeThreads.count = threads }
        let console = Console(isQuiet: common.quiet)
        let file = try model.map(ModelStore().find) ?? ModelStore().model(nil, kind: .enhancer)
        var options = SpeechEnhancer.Options()
        (options.seed, options.attenuationLimit) = (seed, attenuationLimit)
        let enhancer = SpeechEnhancer(model: try file.speechModel(sampler.options), options: options)
        if common.verbose {
            console.note("model \(file.name), \(enhancer.model.defaultSteps) steps, seed \(seed), \(ComputeThreads.count) threads")
        }
        if plan.ignored > 0 { console.note("\(plan.ignored) files that are no audio are left out") }

        var session = EnhanceSession(
            enhancer: enhancer, console: console, interruption: Interruption(), rate: rate,
            truncation: allowTruncated ? .accept : .refuse, skipsExisting: skipExisting,
            printsResults: !json && !common.quiet && !writesToStandardOutput)
        try session.run(plan.jobs)
        if json { try JSONOutput.print(session.summary) }
        try session.conclude()
    }
}
