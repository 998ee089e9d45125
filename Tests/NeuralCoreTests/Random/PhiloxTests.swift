import Testing

@testable import NeuralCore

@Suite struct PhiloxTests {
    /// The published known answers of Philox 4×32-10 (counter and key all zero, and all ones).
    @Test func matchesKnownAnswers() {
        let zeros = Philox.block(0, seed: 0, stream: 0)
        #expect(zeros == (0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
        let ones = Philox.block(.max, seed: .max, stream: .max)
        #expect(ones == (0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd))
        var rng = Philox(seed: 0)
        #expect([rng.next(), rng.next()] == [0xe169_c58d_6627_e8d5, 0x9b00_dbd8_bc57_ac4c] as [UInt64])
    }

    @Test func positionRestoresTheState() {
        var rng = Philox(seed: 3, stream: 5)
        for _ in 0..<7 { _ = rng.nextGaussian() }
        var restored = Philox(seed: rng.seed, stream: rng.stream, position: rng.position)
        #expect((0..<9).map { _ in rng.nextUniform() } == (0..<9).map { _ in restored.nextUniform() })
    }

    @Test func bulkDrawsEqualSingleOnes() {
        var bulk = Philox(seed: 4), single = Philox(seed: 4)
        let values = Tensor.gaussian([10_001], using: &bulk).values
        #expect(values == (0..<10_001).map { _ in single.nextGaussian() })
        #expect(bulk == single)
    }

    @Test func momentsAreThoseOfTheDistributions() {
        var rng = Philox(seed: 9)
        let n = 200_000
        let gaussian = Tensor.gaussian([n], using: &rng).values.map(Double.init)
        let mean = gaussian.reduce(0, +) / Double(n)
        #expect(abs(mean) < 0.01)
        #expect(abs(gaussian.reduce(0) { $0 + $1 * $1 } / Double(n) - 1) < 0.015)
        #expect(abs(gaussian.reduce(0) { $0 + $1 * $1 * $1 * $1 } / Double(n) - 3) < 0.1)
        var counts = [Int](repeating: 0, count: 10)
        for _ in 0..<n { counts[rng.nextInt(below: 10)] += 1 }
        #expect(counts.allSatisfy { abs($0 - n / 10) < 700 })
    }

    @Test func streamsDiffer() {
        var a = Philox(seed: 1, stream: 0), b = Philox(seed: 1, stream: 1)
        #expect((0..<4).map { _ in a.next() } != (0..<4).map { _ in b.next() })
    }
}
