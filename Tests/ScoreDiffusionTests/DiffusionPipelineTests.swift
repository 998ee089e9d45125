import AudioDSP
import NeuralCore
import Testing

@testable import ScoreDiffusion

@Suite struct DiffusionPipelineTests {
    /// Estimates the noisy spectrum itself, so that the whole pipeline must give the signal back.
    private struct Identity: ScoreNetwork {
        var parametrization: Parametrization { .cleanEstimate }
        func callAsFunction(_ state: Tensor, noisy: Tensor, times: [Double]) -> Tensor { noisy }
        mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {}
    }

    private func pipeline() throws -> DiffusionPipeline<Identity> {
        DiffusionPipeline(
            network: Identity(), transform: try SpectrogramTransform(.sgmse16kHz),
            sampling: .bridge(SchroedingerBridgeVE(), BridgeSampler(kind: .sde, stepCount: 1)))
    }

    @Test(arguments: [0, 1, 2, 255, 256, 257, 1000, 4001], [Float(1e-4), 1, 30])
    func lengthAndLevelAreKept(_ length: Int, level: Float) throws {
        var rng = Philox(seed: 9), noise = PhiloxNoise(seed: 1)
        let signal = (0..<length).map { _ in level * (2 * rng.nextUniform() - 1) }
        let output = try pipeline().enhance(signal, using: &noise)
        #expect(output.count == length)
        #expect(zip(output, signal).allSatisfy { abs($0 - $1) < 1e-3 * level })
    }

    /// Frames are filled up for the network; the waveform keeps its length all the same.
    @Test func lengthIsKeptWhenFramesAreFilledUp() throws {
        var rng = Philox(seed: 9), noise = PhiloxNoise(seed: 1), pipeline = try pipeline()
        pipeline.frameMultiple = 64
        let output = try pipeline.enhance((0..<1000).map { _ in rng.nextUniform() - 0.5 }, using: &noise)
        #expect(output.count == 1000 && output.allSatisfy(\.isFinite))
    }

    @Test func silenceStaysSilentAndNaNIsRefused() throws {
        var noise = PhiloxNoise(seed: 1)
        let pipeline = try pipeline()
        #expect(try pipeline.enhance([Float](repeating: 0, count: 500), using: &noise).allSatisfy { $0 == 0 })
        #expect(throws: SignalError.self) { try pipeline.enhance([0, .nan, 1], using: &noise) }
    }
}
