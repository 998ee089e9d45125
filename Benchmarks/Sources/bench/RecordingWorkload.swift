import AudioDSP
import Foundation
import ModelLibrary
import ScoreDiffusion

/// The default enhancer on ten seconds of a recording, from samples to samples, at several numbers of steps. The other side
/// is RNNoise, a far smaller network that works at 48 kHz, on the same ten seconds.
struct RecordingWorkload: Workload {
    var steps: Int?

    static let seconds = 10.0
    var name: String { "enhance 10 s, \(steps.map { "\($0) steps" } ?? "default steps"), beside RNNoise" }
    var rounds: Int? { (steps ?? 1) > 5 ? 3 : nil }

    var settings: [String: any Sendable] { ["task": "rnnoise", "threads": 1, "recording": noisyRecording, "seconds": Self.seconds] }

    private static let model = projectFolder.appendingPathComponent("models/enhancer-16k.safetensors")

    func prepare() throws -> () -> Void {
        let recording = try AudioFile.read(noisyRecording)
        let wanted = Int(Self.seconds * Double(recording.sampleRate))
        let sound = AudioBuffer(
            channels: [(0..<wanted).map { recording.channels[0][$0 % recording.frameCount] }], sampleRate: recording.sampleRate)
        var options = SpeechEnhancer.Options()
        options.steps = steps
        let enhancer = SpeechEnhancer(model: try ModelFile(path: Self.model.path).speechModel(), options: options)
        return { _ = try? enhancer.enhance(sound) }
    }

    static let all = [nil, 1, 2, 5, 10, 30].map { RecordingWorkload(steps: $0) }
}

/// The whole command on a recording of five seconds, the start of the program included.
struct CommandWorkload: Workload {
    var arguments: [String]
    var title: String

    var name: String { "audiotool \(title)" }
    var settings: [String: any Sendable] { [:] }
    var hasPeer: Bool { false }

    private static let program = projectFolder.appendingPathComponent(".build/release/audiotool")

    func prepare() throws -> () -> Void {
        guard FileManager.default.isExecutableFile(atPath: Self.program.path) else {
            throw Twin.Failure(errorDescription: "\(Self.program.path) is missing; 'make' builds it.")
        }
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("bench-\(ProcessInfo.processInfo.processIdentifier)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let recording = try AudioFile.read(noisyRecording)
        let sound = AudioBuffer(
            channels: [(0..<5 * recording.sampleRate).map { recording.channels[0][$0 % recording.frameCount] }],
            sampleRate: recording.sampleRate)
        let input = folder.appendingPathComponent("in.wav").path, output = folder.appendingPathComponent("out.wav").path
        try AudioFile.write(sound, to: input)
        let arguments = arguments.map { $0 == "IN" ? input : $0 == "OUT" ? output : $0 }
        return {
            let process = Process()
            process.executableURL = Self.program
            process.arguments = arguments
            try? process.run()
            process.waitUntilExit()
            try? FileManager.default.removeItem(atPath: output)
        }
    }

    static let all = [
        CommandWorkload(arguments: ["--version"], title: "--version (start of the program)"),
        CommandWorkload(arguments: ["enhance", "IN", "-o", "OUT", "--quiet"], title: "enhance, a file of 5 s"),
    ]
}

let projectFolder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// Speech at 16 kHz in noise.
let noisyRecording = projectFolder.appendingPathComponent("fixtures/audio/p287_003_noisy.flac").path
