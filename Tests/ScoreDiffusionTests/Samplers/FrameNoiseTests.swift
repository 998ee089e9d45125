import Foundation
import NeuralCore
import Testing

@testable import ScoreDiffusion

/// Noise that belongs to the frames of a recording.
@Suite struct FrameNoiseTests {
    private let bins = 37

    private func draws(_ noise: FrameNoise, frames: Int, count: Int = 3) -> [Tensor] {
        var noise = noise
        return (0..<count).map { _ in noise.next(shape: [1, frames, bins, 2]) }
    }

    @Test func overlappingSegmentsDrawTheSame() {
        let whole = draws(FrameNoise(seed: 5, channel: 1), frames: 40)
        let part = draws(FrameNoise(seed: 5, channel: 1, firstFrame: 13), frames: 20)
        for (all, some) in zip(whole, part) { #expect(all.sliced(axis: 1, 13..<33) == some) }
    }

    @Test func seedsChannelsFramesAndDrawsDiffer() {
        let reference = draws(FrameNoise(seed: 5), frames: 4)
        #expect(reference[0] != reference[1] && reference[1] != reference[2])
        #expect(reference[0].sliced(axis: 1, 0..<1) != reference[0].sliced(axis: 1, 1..<2))
        for other in [FrameNoise(seed: 6), FrameNoise(seed: 5, channel: 1), FrameNoise(seed: 5, firstFrame: 4)] {
            #expect(draws(other, frames: 4)[0] != reference[0])
        }
        #expect(draws(FrameNoise(seed: 5), frames: 4) == reference)
    }

    /// Complex draws of variance 1: half of it in each part.
    @Test func moments() {
        let values = draws(FrameNoise(seed: 9), frames: 400, count: 4).flatMap { $0.values.map(Double.init) }
        let mean = values.reduce(0, +) / Double(values.count)
        let variance = values.reduce(0) { $0 + $1 * $1 } / Double(values.count)
        #expect(abs(mean) < 0.01 && abs(variance - 0.5) < 0.01)
    }

    @Test func threadsDoNotMatter() {
        let threads = ComputeThreads.count
        defer { ComputeThreads.count = threads }
        ComputeThreads.count = 1
        let serial = draws(FrameNoise(seed: 2), frames: 64)
        ComputeThreads.count = 4
        #expect(draws(FrameNoise(seed: 2), frames: 64) == serial)
    }

    /// A turned first draw is Gaussian of the same variance and correlates with the old one by the angle's cosine; the
    /// other draws are as they were. Segments still agree where they overlap.
    @Test func turns() {
        let turns = [NoiseTurn(seed: 8, angle: 0.6), NoiseTurn(seed: 9, angle: 0.4)]
        let plain = draws(FrameNoise(seed: 5), frames: 400), turned = draws(FrameNoise(seed: 5, turns: turns), frames: 400)
        let (a, b) = (plain[0].values.map(Double.init), turned[0].values.map(Double.init))
        let variance = b.reduce(0) { $0 + $1 * $1 } / Double(b.count)
        let correlation = zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } / Double(b.count) / 0.5
        #expect(abs(variance - 0.5) < 0.01 && abs(correlation - cos(0.6) * cos(0.4)) < 0.02, "\(variance), \(correlation)")
        #expect(Array(plain[1...]) == Array(turned[1...]))
        let part = draws(FrameNoise(seed: 5, firstFrame: 13, turns: turns), frames: 20)
        #expect(turned[0].sliced(axis: 1, 13..<33) == part[0])
    }
}
