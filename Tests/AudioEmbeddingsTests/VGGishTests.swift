import Foundation
import ModelLibrary
import NeuralCore
import TestSupport
import Testing

@testable import AudioEmbeddings

@Suite struct VGGishTests {
    static let sets = Fixture.all(in: "music/vggish")

    @Test(arguments: sets)
    func featuresMatch(_ fixture: Fixture) throws {
        let features = try VGGishFeatures()
        let matrix = try fixture.doubles("mel_matrix")
        #expect(features.matrix.count == matrix.count)
        #expect(zip(features.matrix, matrix).allSatisfy { abs($0 - $1) < 1e-6 })
        expectClose(try features.logMel(fixture.floats("wav")), try fixture.floats("log_mel"), absolute: 1e-4)
    }

    @Test(arguments: sets)
    func networkMatches(_ fixture: Fixture) throws {
        let network = try VGGish(weights: fixture.weights), examples = try fixture.tensor("examples")
        expectClose(network.features(examples), try fixture.tensor("features"), relativeToPeak: 1e-5, "features")
        expectClose(network(examples), try fixture.tensor("embedding_no_activation"), relativeToPeak: 1e-5, "embeddings")
        expectClose(relu(network(examples)), try fixture.tensor("embedding_relu"), relativeToPeak: 1e-5, "after the activation")
    }

    @Test(arguments: sets)
    func recordingsMatch(_ fixture: Fixture) throws {
        let encoder = try VGGishEncoder(VGGish(weights: fixture.weights), identity: "test")
        let wave = try fixture.floats("wav"), expected = try fixture.tensor("embedding_no_activation")
        let found = try encoder.embeddings(ofSignal: wave)
        expectClose(found, expected, relativeToPeak: 1e-4)
        #expect(encoder.dimension == expected.shape[1])
        // Many examples are worked off a few at a time, with the same numbers.
        let size = 96 * 160
        let looped = (0..<20 * size + 240).map { wave[$0 % size] }
        let many = try encoder.embeddings(ofSignal: looped)
        #expect(many.shape[0] == 20 && many.sliced(axis: 0, 3..<4) == many.sliced(axis: 0, 19..<20))
        // Short recordings are repeated.
        let short = Array(wave[..<5000])
        #expect(try encoder.embeddings(ofSignal: short) == encoder.embeddings(ofSignal: Stretches.repeated(short, to: 15_600)))
        #expect(try encoder.embeddings(ofSignal: [0.5]).shape == [1, encoder.dimension])
    }

    @Test(arguments: sets)
    func installedModelIsTheFile(_ fixture: Fixture) throws {
        let scratch = try Scratch()
        let store = ModelStore(executable: scratch.path + "/bin/audiotool", environment: ["AUDIOTOOL_MODELS": scratch.path])
        // As PyTorch saves it, with the post-processing that distances leave out.
        let weights = try fixture.weights, path = scratch.path + "/vggish.pth"
        let tensors = try weights.names.map { ($0, TorchValue.tensor(try weights.tensor($0))) }
            + [("pproc.pca_means", TorchValue.tensor(.zeros([16, 1])))]
        try TorchCheckpoint.write(.dictionary(tensors), to: path)
        let file = try StateDictionary(path: path)
        #expect(VGGish.isIn(file))
        try store.install(vggish: file, as: "vggish")
        let installed = try EncoderLibrary.encoder("vggish", in: store), wave = try fixture.floats("wav")
        let direct = try VGGishEncoder(VGGish(weights: weights), identity: "test")
        #expect(try installed.embeddings(ofSignal: wave) == direct.embeddings(ofSignal: wave))
        #expect(installed.name == "vggish")
    }

    @Test func otherWeightsAreNamed() throws {
        let scratch = try Scratch()
        let path = scratch.path + "/x.safetensors"
        try SafeTensorsFile.write([("features.0.weight", .zeros([8, 1, 3, 3]))], to: path)
        #expect(throws: CheckpointError.self) { try VGGish(weights: SafeTensorsFile(path: path)) }
        #expect(try !VGGish.isIn(StateDictionary(path: path)))
    }
}
