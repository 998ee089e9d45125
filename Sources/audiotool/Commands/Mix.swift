import ArgumentParser
import Foundation
import NeuralCore
import TargetSpeech
import Training

/// Makes binaural scenes for training and testing target speech extraction.
struct Mix: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Mix talkers and noise into binaural scenes with their truth.",
        discussion: """
            Examples:
              audiotool mix --speech speech/test --noise noise/test --hrtf kemar.sofa --count 100 -o scenes
              audiotool mix --speech speech/test --noise noise/test --mono --absent 30 --count 30 -o absent

            Every scene is a folder: mixture.wav (talkers and noise at the ears), target.wav (what should be left of it), \
            enrollment.wav (a noisy recording with the target in front), enrollment_clean.wav (what the target says there) \
            and scene.json (who speaks, from where, how loud). scenes.json holds all of the truth. Put each talker's \
            recordings into a folder of its own. The same folders, options and seed give the same scenes.
            """)

    @Option(help: ArgumentHelp("A folder of clean speech, one folder inside it for each talker.", valueName: "dir"))
    var speech: String
    @Option(help: ArgumentHelp("A folder of noise recordings; without it there is none.", valueName: "dir"))
    var noise: String?
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Heads: SOFA files, or folders of azi_A_ele_E_….wav files; one is drawn for each scene.", valueName: "path"))
    var hrtf: [String] = []
    @Option(help: ArgumentHelp("A folder of measured impulse responses for a part of the scenes.", valueName: "dir"))
    var rooms: String?
    @Option(help: "Scenes to make.") var count = 10
    @Option(help: "Seed of the choices.") var seed: UInt64 = 1
    @Option(help: ArgumentHelp("Talkers in a scene: a number, or the fewest and the most; 2-3 if left out.", valueName: "2-3"))
    var talkers: TalkerRange?
    @Option(help: "Of the scenes, the first so many lack the target: target.wav is silent.") var absent = 0
    @Option(help: "Length of a scene, 0.5 to 3600; 5 if left out.") var seconds: Float?
    @Flag(help: "One microphone instead of a head; the enrolled talker is then the loudest.") var mono = false
    @Option(help: ArgumentHelp("Part of the scenes whose talkers move, 0 to 1.", valueName: "part")) var moving: Float?
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Ways to move: linear, arcs, jitter. Given alone, all talkers move.", valueName: "name"))
    var motion: [Motion] = []
    @Option(help: ArgumentHelp("A JSON file of settings; what it leaves out keeps its default.", valueName: "file"), completion: .file())
    var config: String?
    @Flag(help: "Keep scenes that are there already.") var skipExisting = false
    @Option(help: "Threads; all cores if left out.") var threads: Int?
    @Option(name: .shortAndLong, help: ArgumentHelp("A folder for the scenes.", valueName: "dir")) var output: String
    @OptionGroup(title: "Common options") var common: CommonOptions

    func validate() throws {
        if !(1...1_000_000).contains(count) { throw ValidationError("--count must be from 1 to 1000000, not \(count).") }
        if !(0...count).contains(absent) { throw ValidationError("--absent must be from 0 to --count (\(count)), not \(absent).") }
        if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads must be from 1 to 1024, not \(threads).") }
        if let moving, !(0...1).contains(moving) { throw ValidationError("--moving must be from 0 to 1, not \(moving).") }
        if !mono, hrtf.isEmpty { throw ValidationError("Give --hrtf with a SOFA file, or --mono for one microphone.") }
        if mono, !hrtf.isEmpty { throw ValidationError("--mono has no head: leave out --hrtf.") }
        if let seconds, !(0.5...3600).contains(seconds) { throw ValidationError("--seconds must be from 0.5 to 3600, not \(seconds).") }
    }

    func run() throws {
        if let threads { ComputeThreads.count = threads }
        let console = Console(isQuiet: common.quiet), interruption = Interruption()
        defer { console.clearProgress() }
        let settings = try settings()
        do {
            let sources = try SceneSources(
                speech: speech, noise: noise, heads: hrtf, rooms: rooms, settings: settings,
                report: { if common.verbose { console.note($0) } },
                checkCancelled: { if interruption.isRequested { throw CancellationError() } })
            let generator = try BinauralSceneGenerator(sources, settings: settings, seed: seed)
            let session = SceneSession(
                generator: generator, folder: SceneFolder(path: output), count: count, absent: absent, skipsExisting: skipExisting,
                console: console, interruption: interruption)
            try session.run(workers: ComputeThreads.count)
            console.clearProgress()
            console.note(session.summary)
        } catch is CancellationError {
            console.note("Interrupted: what is in \(output) is whole; --skip-existing goes on.")
            throw ExitCode(130)
        }
    }

    /// The file's settings with what the options say.
    private func settings() throws -> SceneSettings {
        var settings = try config.map { try SceneSettings(reading: $0) } ?? SceneSettings()
        if let talkers { (settings.fewestTalkers, settings.mostTalkers) = (talkers.fewest, talkers.most) }
        if let seconds { settings.seconds = seconds }
        if mono { settings.isMono = true }
        if !motion.isEmpty { (settings.motions, settings.moving) = (motion, 1) }
        if let moving { settings.moving = moving }
        try settings.validate()
        return settings
    }
}

extension Motion: ExpressibleByArgument {}

/// "2-3", or "2" for always two.
struct TalkerRange: ExpressibleByArgument {
    let fewest: Int
    let most: Int

    init(fewest: Int, most: Int) { (self.fewest, self.most) = (fewest, most) }

    init?(argument: String) {
        let parts = argument.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        guard let fewest = parts.first ?? nil, let most = parts.last ?? nil, parts.count <= 2, (1...8).contains(fewest),
            (fewest...8).contains(most)
        else { return nil }
        self.init(fewest: fewest, most: most)
    }
}
