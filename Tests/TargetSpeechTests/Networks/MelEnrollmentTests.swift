import Foundation
import ModelLibrary
import NeuralCore
import TestSupport
import Testing

@testable import TargetSpeech

@Suite struct MelEnrollmentTests {
    private static let configuration = {
        var configuration = MelEnrollmentConfiguration()
        (configuration.bands, configuration.hidden, configuration.layers, configuration.embeddingSize) = (8, 6, 2, 10)
        return configuration
    }()

    private let network = {
        var rng = Philox(seed: 4)
        return MelEnrollmentNetwork(Self.configuration, using: &rng)
    }()

    private func noise(_ count: Int, seed: UInt64) -> [Float] {
        var rng = Philox(seed: seed)
        return (Tensor.gaussian([count], using: &rng) * 0.1).values
    }

    /// Of a sound that both ears hear alike the ears agree and the difference is as small as can be told; of one at the
    /// left ear alone the left is louder.
    @Test func featuresTellWhereSoundsAre() {
        let bands = Self.configuration.bands, sound = noise(8_000, seed: 1), silence = [Float](repeating: 0, count: 8_000)
        func means(_ ears: [[Float]]) -> [Float] {
            let values = network.features(ears)
            return values.mean(axes: [0, 1]).reshaped([4, bands]).mean(axes: [1]).values
        }
        let front = means([sound, sound]), left = means([sound, silence]), apart = means([sound, noise(8_000, seed: 2)])
        expectClose(Array(front[1...]), [1, -3, 0], absolute: 0.01)
        expectClose([left[1], left[3]], [0, 3], absolute: 0.05)
        #expect(abs(apart[1]) < 0.3 && abs(apart[2]) < 0.5)
    }

    @Test func theLevelDoesNotMatter() {
        let ears = [noise(20_000, seed: 1), noise(20_000, seed: 2)]
        let loud = network.vector(of: ears), quiet = network.vector(of: ears.map { $0.map { 0.01 * $0 } })
        expectClose(loud, quiet, absolute: 1e-4)
        #expect(abs(loud.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
    }

    @Test func oneChannelIsHeardByBothEars() {
        let sound = noise(9_000, seed: 1)
        #expect(network.vector(of: [sound]) == network.vector(of: [sound, sound]))
    }

    @Test func silenceAndSinglesAreFinite() {
        #expect(network.vector(of: [[Float](repeating: 0, count: 5_000)]).allSatisfy { $0.isFinite })
        #expect(network.vector(of: [[1] + [Float](repeating: 0, count: 511)]).allSatisfy { $0.isFinite })
    }

    @Test func allParametersLearn() {
        let recording = Tensor(noise(6_000, seed: 1) + noise(6_000, seed: 2), shape: [1, 2, 6_000])
        let wanted = Tensor((0..<10).map { Float($0) / 17 }, shape: [1, 10])
        let (_, gradients) = valueAndGradient(of: network) { cosineEmbeddingLoss($0(recording), wanted).sum() }
        var moved = network
        var optimizer = AdamW(for: moved, learningRate: 0.01)
        optimizer.update(&moved, along: gradients, learningRate: 0.01)
        for (before, after) in zip(network.namedParameters(), moved.namedParameters()) {
            // The bias of a softmax over frames changes nothing.
            #expect(before.1.values != after.1.values || before.0 == "attention.bias", "\(before.0)")
        }
    }

    @Test func itIsKeptInAFile() throws {
        let folder = TemporaryFolder(), path = folder.path + "/enrol.safetensors"
        try network.write(to: path, name: "enrol")
        let file = try ModelFile(path: path)
        #expect(try enrollingNetwork(file) is MelEnrollmentNetwork)
        #expect(network.namedParameters().reduce(0) { $0 + $1.1.count } == Self.configuration.parameterCount)
        let encoder = try NetworkEnrollmentEncoder(file), sound = noise(9_000, seed: 1)
        #expect(try encoder.vector(of: [sound]) == network.vector(of: [sound]) && encoder.vectorSize == 10)
        #expect(throws: EnrollmentError.self) { try encoder.vector(of: [[Float](repeating: 0, count: 100)]) }
    }
}
