import AudioDSP
import Foundation
import ModelLibrary
import NeuralCore
import TargetSpeech
import TestSupport
import Testing

/// Official checkpoints of target speech extraction, imported as a user would and run from WAV to WAV.
@Suite struct TargetImportTests {
    private static let sets = Fixture.all(in: "tsh/checkpoints")

    private func run(_ arguments: String..., in folder: Scratch) throws -> Tool.Outcome {
        try Tool.run(arguments, in: folder, environment: ["AUDIOTOOL_MODELS": folder.path("models")])
    }

    private func inner(_ fixture: Fixture, _ name: String) throws -> Fixture {
        try Fixture(folder: fixture.folder.appendingPathComponent(name), root: fixture.folder)
    }

    private func channels(_ tensor: Tensor) -> [[Float]] {
        let samples = tensor.shape[2]
        return (0..<tensor.shape[1]).map { Array(tensor.values[$0 * samples..<($0 + 1) * samples]) }
    }

    /// What a float WAV file holds, `[1, channels, samples]`.
    private func tensor(_ path: String) throws -> Tensor {
        let sound = try AudioFile.read(path)
        return Tensor(sound.channels.flatMap { $0 }, shape: [1, sound.channels.count, sound.channels[0].count])
    }

    @Test(arguments: sets) func extractorFromWaveToWave(_ fixture: Fixture) throws {
        let folder = try Scratch(), reference = try inner(fixture, "extractor")
        let outcome = try run(
            "models", "import", fixture.path(of: "tiny-extractor.ckpt"), "--name", "hear", "--config",
            reference.path(of: "config.json"), "--json", in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(try JSONValue(parsing: outcome.text)["sampleRate"].int == 16_000)
        let list = try run("models", in: folder)
        #expect(list.text.contains("hear") && list.text.contains("target-speech-extractor"), "\(list.text)")

        let network = try TFGridNetExtractor(ModelFile(path: folder.path("models/hear.safetensors")))
        let mixture = AudioBuffer(channels: channels(try reference.tensor("mixture")), sampleRate: 16_000)
        try folder.write(mixture, to: "mix.wav", .wavFloat)
        let embedding = try reference.tensor("embedding").squeezed(at: 1)
        let voice = network(try tensor(folder.path("mix.wav")), embedding: embedding)
        try folder.write(AudioBuffer(channels: channels(voice), sampleRate: 16_000), to: "voice.wav", .wavFloat)
        expectClose(try tensor(folder.path("voice.wav")), try reference.tensor("output"), absolute: 5e-5)
    }

    @Test(arguments: sets) func enrolmentFromWave(_ fixture: Fixture) throws {
        let folder = try Scratch(), reference = try inner(fixture, "enroll")
        // The settings beside the checkpoint are found.
        try folder.copy(URL(fileURLWithPath: fixture.path(of: "tiny-enroll.ckpt")), to: "enroll.ckpt")
        try folder.copy(URL(fileURLWithPath: reference.path(of: "config.json")), to: "enroll.json")
        let outcome = try run("models", "import", "enroll.ckpt", "--name", "enroll", in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        let network = try EnrollmentNetwork(ModelFile(path: folder.path("models/enroll.safetensors")))
        let recording = AudioBuffer(channels: channels(try reference.tensor("enrollment")), sampleRate: 16_000)
        try folder.write(recording, to: "example.wav", .wavFloat)
        expectClose(network(try tensor(folder.path("example.wav"))), try reference.tensor("embedding"), absolute: 3e-6)
    }

    /// What is exported imports again to the same numbers, as state dict and as checkpoint.
    @Test(arguments: ["tiny-extractor.ckpt", "tiny-enroll.ckpt"]) func exportsImportAgain(_ name: String) throws {
        let fixture = Self.sets[0], folder = try Scratch()
        let config = fixture.path(of: name.contains("enroll") ? "enroll/config.json" : "extractor/config.json")
        #expect(try run("models", "import", fixture.path(of: name), "--name", "a", "--config", config, in: folder).code == 0)
        for (file, again) in [("a.pt", "b"), ("a.ckpt", "c")] {
            let exported = try run("models", "export", "a", file, in: folder)
            #expect(exported.code == 0, "\(exported.errors)")
            #expect(try run("models", "import", file, "--name", again, "--config", config, in: folder).code == 0)
            let (first, second) = try (
                SafeTensorsFile(path: folder.path("models/a.safetensors")),
                SafeTensorsFile(path: folder.path("models/\(again).safetensors"))
            )
            #expect(first.names == second.names && !first.names.isEmpty)
            for name in first.names { #expect(try first.tensor(name) == second.tensor(name), "\(name)") }
        }
        // A state dict has exactly the published names.
        let original = try StateDictionary(path: fixture.path(of: name)).tensors
        let exported = try StateDictionary(path: folder.path("a.ckpt")).tensors
        #expect(Set(original.names) == Set(exported.names))
        for name in original.names { #expect(try original.shape(name) == exported.shape(name), "\(name)") }
    }

    @Test func refusals() throws {
        let fixture = Self.sets[0], folder = try Scratch(), file = fixture.path(of: "tiny-extractor.ckpt")
        try folder.copy(URL(fileURLWithPath: file), to: "x/best.ckpt")
        let none = try run("models", "import", "x/best.ckpt", "--name", "m", in: folder)
        #expect(none.code == 1 && none.errors.contains("--config"), "\(none.errors)")
        let config = fixture.path(of: "extractor/config.json")
        let sampler = try run("models", "import", "x/best.ckpt", "--name", "m", "--config", config, "--steps", "3", in: folder)
        #expect(sampler.code == 64 && sampler.errors.contains("sampler"), "\(sampler.errors)")
        let wide = try run("models", "import", "x/best.ckpt", "--name", "m", "--config", config, "--set", "H=7", in: folder)
        #expect(wide.code == 1 && wide.errors.contains("intra_rnn.weight_ih_l0"), "\(wide.errors)")
        let wrong = try run("models", "import", "x/best.ckpt", "--name", "m", "--config", config, "--set", "L=3", in: folder)
        #expect(wrong.code == 1 && wrong.errors.contains("L is 3"), "\(wrong.errors)")
        let other = try run(
            "models", "import", "x/best.ckpt", "--name", "m", "--config", fixture.path(of: "enroll/config.json"), in: folder)
        #expect(other.code == 1 && other.errors.contains("stft_chunk_size"), "\(other.errors)")
        #expect(folder.files == ["x/best.ckpt"])
    }
}
