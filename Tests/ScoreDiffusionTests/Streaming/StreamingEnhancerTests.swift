import AudioDSP
import NeuralCore
import TestSupport
import Testing

@testable import ScoreDiffusion

@Suite struct StreamingEnhancerTests {
    /// The default layout, causal, with weights that are not the identity.
    private func model(causal: Bool = true) throws -> EnhancerModel {
        var configuration = EnhancerModel.Configuration(), rng = Philox(seed: 9)
        configuration.network.causal = causal
        configuration.network.blocks = 2
        var network = EnhancerNetwork(configuration.network, using: &rng)
        network.masks.weight = .gaussian(network.masks.weight.shape, using: &rng) * 0.05
        return try EnhancerModel(configuration, network: network)
    }

    private func run(_ enhancer: StreamingEnhancer, _ signal: [Float]) -> [Float] {
        var output = [Float](repeating: 0, count: signal.count)
        for start in stride(from: 0, to: signal.count, by: enhancer.chunkLength) {
            signal.withUnsafeBufferPointer { input in
                output.withUnsafeMutableBufferPointer { enhancer.process(input.baseAddress! + start, $0.baseAddress! + start) }
            }
        }
        return output
    }

    /// Chunk by chunk as over the whole signal, which begins with silence so that its reflected edge is silent too.
    @Test func equalsTheWholeSignal() throws {
        let model = try model(), chunk = 256
        var rng = Philox(seed: 3)
        let signal = [Float](repeating: 0, count: 2 * chunk) + (0..<40 * chunk).map { _ in 0.3 * rng.nextGaussian() }
        let whole = try model.enhance(signal, steps: 1, noise: PhiloxNoise(seed: 1))
        let enhancer = try StreamingEnhancer(model, gain: 1)
        try enhancer.prepare()
        let streamed = run(enhancer, signal)
        // The last frame of the whole signal reaches beyond its end.
        let compared = signal.count - 2 * chunk
        expectClose(
            Array(streamed[enhancer.latency..<enhancer.latency + compared]), Array(whole[..<compared]), relativeL2: 1e-4)
        enhancer.reset()
        #expect(run(enhancer, signal) == streamed)
    }

    @Test func levelDoesNotMatter() throws {
        let enhancer = try StreamingEnhancer(model())
        try enhancer.prepare()
        var rng = Philox(seed: 5)
        let signal = (0..<64 * 256).map { _ in 0.2 * rng.nextGaussian() }
        let loud = run(enhancer, signal)
        enhancer.reset()
        let quiet = run(enhancer, signal.map { $0 / 32 })
        expectClose(quiet.map { $0 * 32 }, loud, relativeL2: 1e-4)
    }

    @Test func silenceAndBrokenSamplesStayFinite() throws {
        let enhancer = try StreamingEnhancer(model())
        try enhancer.prepare()
        let silent = run(enhancer, [Float](repeating: 0, count: 2560))
        #expect(silent.allSatisfy { $0.isFinite })
        var broken = [Float](repeating: 0.1, count: 2560)
        (broken[300], broken[301], broken[900]) = (.nan, .infinity, -.infinity)
        let output = run(enhancer, broken)
        #expect(output.allSatisfy { $0.isFinite })
        #expect(enhancer.replacedSampleCount == 3)
    }

    @Test func takesNoMemoryAndCallsNoSystem() throws {
        let enhancer = try StreamingEnhancer(model())
        try enhancer.prepare()
        let input = [Float](repeating: 0.1, count: 256)
        nonisolated(unsafe) let output = UnsafeMutablePointer<Float>.allocate(capacity: 256)
        defer { output.deallocate() }
        input.withUnsafeBufferPointer { input in
            nonisolated(unsafe) let input = input.baseAddress!
            expectRealTime {
                for _ in 0..<20 { enhancer.process(input, output) }
                enhancer.reset()
            }
        }
    }

    @Test func refusesWhatIsNotCausal() throws {
        let model = try model(causal: false)
        #expect(throws: ScoreDiffusionError.self) { try StreamingEnhancer(model) }
    }
}
