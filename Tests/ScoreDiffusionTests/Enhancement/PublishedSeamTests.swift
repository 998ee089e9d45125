import AudioDSP
import Foundation
import TestSupport
import Testing

@testable import ScoreDiffusion

/// CASES C13 for models of the published kinds: what is cleaned in segments against what is cleaned as a whole.
///
/// Their group normalisation and attention look at a whole segment, so the two are not the same, but no seam shows: random
/// numbers belong to places in the recording, and where segments join the difference is no larger than elsewhere.
@Suite struct PublishedSeamTests {
    /// A model, sampled as its set says or otherwise, and the largest difference in dB below the whole.
    struct Case: Sendable, CustomTestStringConvertible {
        var fixture: Fixture
        var options: SamplerOptions
        var limit: Double
        var isRandom: Bool { options.kind != .ode }
        var testDescription: String { "\(fixture) \(options.kind?.rawValue ?? "pc")" }
    }

    private static let cases: [Case] =
        (Fixture.all(in: "sgmse/ckpt_sgmse") + Fixture.all(in: "sgmse/e2e_ears")).map {
            Case(fixture: $0, options: $0.runOptions, limit: -38)
        }
        + Fixture.all(in: "sgmse/ckpt_sb").flatMap { fixture in
            [(SamplerOptions.Kind.ode, -14.0), (.sde, -24)].map {
                Case(fixture: fixture, options: SamplerOptions(kind: $0.0), limit: $0.1)
            }
        }

    @Test(arguments: cases) func segmentedAgainstWhole(_ example: Case) throws {
        let model = try example.fixture.installedModel(in: ModelFolder(), options: example.options)
        let hop = model.frameAlignment, rate = model.sampleRate
        // 600 frames in segments of 200 that share 60.
        let speech = try AudioFile.read(Repository.fixtures.appendingPathComponent("audio/p287_003_clean.flac").path).channels[0]
        let noise = testNoise(600 * hop, level: 0.03)
        let signal = noise.indices.map { noise[$0] + speech[(8_000 + $0) % speech.count] }
        func enhance(frames: Int, shared: Int, seed: UInt64 = 0) throws -> [Float] {
            var options = SpeechEnhancer.Options()
            options.seed = seed
            options.segmentation = Segmentation(
                duration: Double(frames * hop) / Double(rate), overlap: Double(shared * hop) / Double(rate))
            return try SpeechEnhancer(model: model, options: options)
                .enhance(AudioBuffer(channels: [signal], sampleRate: rate)).channels[0]
        }
        let whole = try enhance(frames: 700, shared: 0), segmented = try enhance(frames: 200, shared: 60)
        func difference(_ other: [Float], _ range: Range<Int>) -> Double {
            10 * log10(meanSquare(zip(whole[range], other[range]).map { $0 - $1 }) / meanSquare(whole[range]))
        }
        let all = difference(segmented, signal.indices)
        #expect(all < example.limit, "\(all) dB")
        if example.isRandom {
            // Far less than what other random numbers change.
            #expect(all < difference(try enhance(frames: 700, shared: 0, seed: 1), signal.indices) - 10)
        }
        let plan = SegmentPlan(length: signal.count, longest: 200 * hop, overlap: 60 * hop, alignment: hop)
        #expect(plan.count >= 4)
        for start in plan.starts.dropFirst() {
            let seam = start + 20 * hop..<start + 40 * hop
            #expect(difference(segmented, seam) < all + 6, "\(difference(segmented, seam)) dB at \(start)")
            for place in stride(from: seam.lowerBound, to: seam.upperBound - rate / 50, by: rate / 50) {
                let frame = place..<place + rate / 50
                let change = 10 * log10(meanSquare(segmented[frame]) / meanSquare(whole[frame]))
                #expect(abs(change) < 1, "the level changes by \(change) dB at \(Double(place) / Double(rate)) s")
            }
        }
    }
}
