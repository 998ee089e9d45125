import AudioDSP
import Foundation
import TestSupport
import Testing

/// The ways in which the program cleans recordings: its commands with their default models and with imported ones.
enum Cleaning: String, CaseIterable, CustomTestStringConvertible {
    case enhance, dereverb
    /// An imported score model, which draws random numbers.
    case score
    /// An imported Schrödinger bridge.
    case bridge

    static let defaults: [Cleaning] = [.enhance, .dereverb]
    static let imported: [Cleaning] = [.score, .bridge]

    var testDescription: String { rawValue }

    /// The set whose checkpoint is imported.
    private var fixture: Fixture? {
        switch self {
        case .enhance, .dereverb: nil
        case .score: Fixture.all(in: "sgmse/ckpt_sgmse")[0]
        case .bridge: Fixture.all(in: "sgmse/ckpt_sb")[0]
        }
    }

    /// Runs the command with `arguments`, which name inputs and output. Models lie beside the folder, not in it.
    func run(_ arguments: [String], in folder: Scratch, input: Data? = nil) throws -> Tool.Outcome {
        guard let fixture else {
            return try Tool.run([rawValue] + arguments, in: folder, input: input)
        }
        let models = try Scratch(), environment = ["AUDIOTOOL_MODELS": models.url.path]
        let checkpoint = fixture.path(of: try #require(fixture.config["ckpt"].string))
        let imported = try Tool.run(
            ["models", "import", checkpoint, "--name", rawValue, "--steps", "2"], environment: environment)
        #expect(imported.code == 0, "\(imported.errors)")
        return try Tool.run(
            [self == .score ? "enhance" : "dereverb"] + arguments + ["--model", rawValue], in: folder, input: input,
            environment: environment)
    }

    /// One recording in a float file, cleaned.
    func clean(_ samples: [Float], rate: Int = 16_000, _ options: String...) throws -> [Float] {
        let folder = try Scratch()
        try folder.write(samples, rate: rate, to: "in.wav", .wavFloat)
        let outcome = try run(["in.wav", "-o", "out.wav"] + options, in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        let output = try folder.read("out.wav")
        #expect(output.sampleRate == rate && output.channels.count == 1)
        return output.channels[0]
    }

    /// What the command is for, and what it should make of it, at 16 kHz.
    var example: (input: [Float], target: [Float]) {
        get throws {
            guard self == .dereverb else { return (Sounds.noisySpeech, Sounds.cleanSpeech) }
            let (reverberant, target) = try Self.room.reverberate(Sounds.cleanSpeech)
            return (reverberant, target)
        }
    }

    /// A room whose reflections fade by 60 dB in 0.7 s, beginning 5 ms after the direct sound.
    private static let room: RoomResponse = {
        var samples = Sounds.noise(11_200, level: 0.06, seed: 4)
        for index in samples.indices { samples[index] *= index < 80 ? 0 : pow(10, -3 * Float(index) / 11_200) }
        samples[0] = 1
        return RoomResponse(samples: samples, sampleRate: 16_000, directDelay: 0)
    }()
}
