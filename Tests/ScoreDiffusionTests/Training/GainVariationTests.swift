import Foundation
import NeuralCore
import Testing

@testable import ScoreDiffusion

@Suite struct GainVariationTests {
    private func decibels(_ variation: GainVariation, batch: Int = 3, frames: Int = 301, bins: Int = 257, seed: UInt64 = 1) throws -> Tensor {
        var noise = PhiloxNoise(seed: seed)
        return try log(variation.gains(batch: batch, frames: frames, bins: bins, using: &noise)) * Float(20 / M_LN10)
    }

    /// At the knots gains have the deviation that was asked for, in between a smaller one; they change slowly.
    @Test func sizeAndSmoothness() throws {
        let all = try decibels(GainVariation(decibels: 2, nyquist: 8000), batch: 40)
        #expect(all.shape == [40, 301, 257, 1])
        let atKnots = all.sliced(axis: 1, 25..<26).sliced(axis: 2, 0..<1), whole = square(all).mean().item.squareRoot()
        #expect(abs(square(atKnots).mean().item.squareRoot() - 2) < 0.6)
        #expect(whole > 1 && whole < 2, "\(whole)")
        let steps = all.sliced(axis: 1, 1..<301) - all.sliced(axis: 1, 0..<300)
        #expect(steps.values.allSatisfy { abs($0) < 1 })
    }

    @Test func itemsAndDrawsDiffer() throws {
        let variation = GainVariation(decibels: 1, nyquist: 8000), all = try decibels(variation)
        #expect(all.sliced(axis: 0, 0..<1) != all.sliced(axis: 0, 1..<2))
        #expect(try decibels(variation) == all && decibels(variation, seed: 2) != all)
        for (frames, bins) in [(1, 1), (2, 3), (25, 2), (26, 257)] {
            #expect(try decibels(variation, frames: frames, bins: bins).values.allSatisfy(\.isFinite))
        }
        #expect(try decibels(GainVariation(decibels: 0, nyquist: 8000)).values.allSatisfy { $0 == 0 })
    }
}
