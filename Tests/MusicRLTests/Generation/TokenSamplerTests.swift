import NeuralCore
import TestSupport
import Testing

@testable import MusicRL

@Suite struct TokenSamplerTests {
    @Test(arguments: Fixture.music("sampling")) func keptProbabilitiesAndDraws(_ fixture: Fixture) throws {
        let cases = try #require(fixture.values["cases"].array)
        for entry in cases {
            let name = entry["name"].string ?? "", scores = try #require(entry["logits"].doubles)
            let settings = SamplingSettings(
                temperature: try #require(entry["temperature"].double), topK: try #require(entry["top_k"].int),
                topP: try #require(entry["top_p"].double))
            let sampler = TokenSampler(settings)
            let (codes, probabilities) = sampler.distribution(scores)
            #expect(codes == entry["kept"].ints, "\(name)")
            var all = [Double](repeating: 0, count: scores.count)
            for (code, probability) in zip(codes, probabilities) { all[code] = probability }
            let expected = try #require(entry["probs"].doubles)
            let kept = expected.count == scores.count ? all : probabilities
            for (a, b) in zip(kept, expected) { #expect(abs(a - b) <= 1e-12 * max(b, 1e-3), "\(name): \(a) instead of \(b)") }
            #expect(kept.count == expected.count)
            let draws = (entry["uniforms"].doubles ?? []).map { sampler.draw(scores, uniform: $0) }
            #expect(draws == entry["tokens"].ints, "\(name)")
            #expect(TokenSampler(.greedy).draw(scores, uniform: 0.5) == entry["greedy"].int, "\(name)")
        }
        #expect(cases.count >= 20)
    }

    @Test(arguments: Fixture.music("sampling")) func guidance(_ fixture: Fixture) throws {
        let guidance = fixture.values["guidance"]
        let conditional = try #require(guidance["cond"].array).map { $0.doubles! }
        let free = try #require(guidance["uncond"].array).map { $0.doubles! }
        for scale in ["0.0", "1.0", "3.0", "4.5"] {
            let expected = try #require(guidance["guided"][scale].array).map { $0.doubles! }
            for row in expected.indices {
                for (index, value) in expected[row].enumerated() {
                    let own = TokenGenerator.guided(Float(conditional[row][index]), Float(free[row][index]), Float(scale)!)
                    #expect(abs(Double(own) - value) <= 2e-6 * max(1, abs(value)), "\(scale): \(own) instead of \(value)")
                }
            }
        }
    }

    /// Any finite scores give a code that is there.
    @Test func extremes() throws {
        var rng = Philox(seed: 4)
        let scores: [[Double]] = [
            (0..<50).map { _ in Double(rng.nextGaussian()) * 1e4 }, [Double](repeating: 0, count: 50),
            [Double](repeating: -3e38, count: 49) + [3e38],
        ]
        for row in scores {
            for temperature in [0, 1e-6, 1e-4, 1, 100, 1000] {
                for topK in [0, 1, 7, 99_999] {
                    for topP in [1e-9, 0.3, 1] {
                        let settings = SamplingSettings(temperature: temperature, topK: topK, topP: topP)
                        try settings.validate()
                        let (_, probabilities) = TokenSampler(SamplingSettings(temperature: max(temperature, 1e-6), topK: topK, topP: topP)).distribution(row)
                        #expect(abs(probabilities.reduce(0, +) - 1) < 1e-12)
                        for uniform in [0, 0.5, 1 - 0x1p-24] {
                            #expect(row.indices.contains(TokenSampler(settings).draw(row, uniform: uniform)))
                        }
                    }
                }
            }
        }
        for bad in [
            SamplingSettings(temperature: -1), .init(temperature: .nan), .init(temperature: 1e9), .init(topK: -1),
            .init(topP: 0), .init(topP: 1.1), .init(topP: .nan), .init(guidance: -1), .init(guidance: .infinity),
        ] {
            #expect(throws: MusicGenerationError.self) { try bad.validate() }
        }
    }
}
