import AudioMetrics
import Foundation
import NeuralCore
import Testing

@Suite struct DistanceTests {
    /// CASES C47: seeded, so twice the same; too few embeddings are said to be too few.
    @Test func extrapolationIsSeededAndSaysWhatItNeeds() throws {
        let set = try gaussianSet(400, 6, seed: 1)
        let reference = try GaussianStatistics(gaussianSet(300, 6, mean: 0.4, seed: 2))
        var options = FrechetExtrapolation.Options()
        (options.smallest, options.draws) = (50, 12)
        let once = try FrechetExtrapolation(of: set, reference: reference, options: options)
        #expect(try once == FrechetExtrapolation(of: set, reference: reference, options: options))
        #expect(once.points.map(\.count).first == 50 && once.points.last?.count == 400)
        options.seed = 1
        #expect(try once != FrechetExtrapolation(of: set, reference: reference, options: options))
        options.withReplacement = false
        let whole = try FrechetExtrapolation(of: set, reference: reference, options: options)
        let last = try #require(whole.points.last)
        #expect(isClose(last.distance, try FrechetDistance.between(GaussianStatistics(set), reference).value))

        #expect(throws: EmbeddingError.tooFew(count: 400, needed: 501, purpose: "FAD∞ with draws from 500")) {
            try FrechetExtrapolation(of: set, reference: reference)
        }
        options.smallest = 6
        #expect(throws: EmbeddingError.self) { try FrechetExtrapolation(of: set, reference: reference, options: options) }
    }

    /// The intercept is nearer the truth (|μ|² = 0.96 here) than the distance of the whole set.
    @Test func extrapolationRemovesBias() throws {
        let set = try gaussianSet(600, 24, seed: 3)
        let reference = try GaussianStatistics(gaussianSet(20_000, 24, mean: 0.2, seed: 4))
        var options = FrechetExtrapolation.Options()
        (options.smallest, options.withReplacement) = (100, false)
        let line = try FrechetExtrapolation(of: set, reference: reference, options: options)
        let biased = try FrechetDistance.between(GaussianStatistics(set), reference).value
        #expect(abs(line.value - 0.96) < abs(biased - 0.96))
        #expect(line.slope > 0)
    }

    @Test(arguments: [1, 2, 5])
    func resultsDoNotDependOnThreads(_ threads: Int) throws {
        let before = ComputeThreads.count
        defer { ComputeThreads.count = before }
        let x = try gaussianSet(2_500, 12, seed: 5), y = try gaussianSet(150, 12, mean: 0.3, seed: 6)
        func everything() throws -> [Double] {
            let neighbours = try NeighbourScores(of: y, reference: x)
            return [
                try FrechetDistance.between(x, y).value, try KernelDistance.kernelAudioDistance(of: y, reference: x).value,
                try VendiScore.score(x), neighbours.density, neighbours.coverage, neighbours.precision, neighbours.recall,
            ]
        }
        ComputeThreads.count = 1
        let serial = try everything()
        ComputeThreads.count = threads
        #expect(try everything() == serial)
    }

    /// CASES C49: no axis is squeezed away, and sets of different models are not compared.
    @Test func shapesAreChecked() throws {
        let column = try EmbeddingSet([1, 2, 4], count: 3, dimension: 1)
        #expect(column.mean == [7.0 / 3])
        #expect(isClose(try FrechetDistance.between(column, EmbeddingSet([1, 2, 4], count: 3, dimension: 1)).value, 0, absolute: 1e-12))
        let row = try EmbeddingSet([1, 2, 4], count: 1, dimension: 3)
        #expect(row.mean == [1, 2, 4])
        #expect(throws: EmbeddingError.dimensionMismatch(1, 3)) { try FrechetDistance.between(column, row) }
        #expect(throws: EmbeddingError.dimensionMismatch(3, 1)) { try KernelDistance.squaredMMD(row, column, kernel: .cosine, estimator: .biased) }
        #expect(throws: EmbeddingError.shape(values: 5, count: 2, dimension: 3)) { try EmbeddingSet([1, 2, 3, 4, 5], count: 2, dimension: 3) }
        #expect(throws: EmbeddingError.unequalRows(row: 1, dimension: 1, expected: 2)) { try EmbeddingSet(rows: [[1, 2], [3]]) }
        #expect(throws: EmbeddingError.notFinite(row: 1, column: 0)) { try EmbeddingSet(rows: [[1, 2], [.nan, 3]]) }
        #expect(throws: EmbeddingError.empty) { try EmbeddingSet(rows: []) }
        #expect(throws: EmbeddingError.empty) { try EmbeddingSet(rows: [[]]) }
    }

    /// One dimension has a closed form: (μ₁ − μ₂)² + (σ₁ − σ₂)².
    @Test func frechetDistanceOfNumbers() throws {
        let a = try EmbeddingSet([0, 2], count: 2, dimension: 1), b = try EmbeddingSet([3, 9], count: 2, dimension: 1)
        let expected = 25 + pow(2.0.squareRoot() - 18.0.squareRoot(), 2)
        #expect(isClose(try FrechetDistance.between(a, b).value, expected, relative: 1e-12))
    }

    @Test func storedStatisticsServe() throws {
        let x = try gaussianSet(200, 9, seed: 7), y = try GaussianStatistics(gaussianSet(100, 9, mean: 1, seed: 8))
        let own = try GaussianStatistics(x)
        let covariance = (0..<81).map { own.covariance($0 / 9, $0 % 9) }
        let stored = try GaussianStatistics(mean: own.mean, covariance: covariance, count: 200)
        #expect(isClose(try FrechetDistance.between(stored, y).value, try FrechetDistance.between(own, y).value))
        #expect(throws: EmbeddingError.self) { try GaussianStatistics(mean: own.mean, covariance: [1], count: 2) }
    }

    /// Many rows are reduced in blocks.
    @Test func tallSetsKeepTheirCovariance() throws {
        let set = try gaussianSet(5_000, 3, mean: 2, seed: 9)
        let statistics = try GaussianStatistics(set)
        for (i, j) in [(0, 0), (0, 1), (2, 1)] {
            let mean = set.mean
            let direct = (0..<5_000).reduce(0.0) { $0 + (set.values[3 * $1 + i] - mean[i]) * (set.values[3 * $1 + j] - mean[j]) } / 4_999
            #expect(isClose(statistics.covariance(i, j), direct, relative: 1e-10, absolute: 1e-12))
        }
    }

    /// CASES C51: 50 copies, 50 distinct, 1, and 2,000 in under 30 s.
    @Test func vendiScoresCountDifferentClips() throws {
        let one = try gaussianSet(1, 512, seed: 10)
        let copies = try EmbeddingSet((0..<50).flatMap { _ in one.values }, count: 50, dimension: 512)
        let distinct = try gaussianSet(50, 512, seed: 11)
        for order in [0.5, 1, 2, .infinity] {
            #expect(isClose(try VendiScore.score(copies, order: order), 1, relative: 1e-9))
            #expect(try VendiScore.score(one, order: order) == 1)
            let score = try VendiScore.score(distinct, order: order)
            #expect(score > 10 && score <= 50)
        }
        #expect(isClose(try VendiScore.score(copies, kernel: .gaussian(bandwidth: 1)), 1, relative: 1e-9))
        var unlike = [Double](repeating: 0, count: 64)
        for index in 0..<8 { unlike[9 * index] = Double(index + 1) }
        #expect(isClose(try VendiScore.score(EmbeddingSet(unlike, count: 8, dimension: 8)), 8, relative: 1e-9))

        let many = try gaussianSet(2_000, 128, seed: 12)
        var scores: [Double] = []
        let time = try ContinuousClock().measure {
            scores = [try VendiScore.score(many), try VendiScore.score(many, kernel: .gaussian(bandwidth: 16))]
        }
        #expect(time < .seconds(30) && scores[0] > 100 && scores[1] > 1)
        #expect(throws: EmbeddingError.zeroEmbedding(row: 1)) {
            try VendiScore.score(EmbeddingSet([1, 0, 0, 0], count: 2, dimension: 2))
        }
        #expect(throws: EmbeddingError.self) { try VendiScore.score(many, order: 0) }
        #expect(throws: EmbeddingError.self) { try VendiScore.score(many, kernel: .polynomial(degree: 2)) }
    }

    @Test func smallSetsAreNoted() throws {
        let small = try gaussianSet(8, 16, seed: 13), large = try gaussianSet(200, 16, seed: 14)
        let distance = try FrechetDistance.between(small, large)
        let warning = try #require(distance.warnings.first)
        #expect(distance.warnings.count == 1 && (warning.count, warning.dimension, warning.needed) == (8, 16, 17))
        #expect("\(warning)".contains("8 embeddings of 16 dimensions") && "\(warning)".contains("17"))
        #expect(try KernelDistance.kernelAudioDistance(of: small, reference: large).warnings.count == 1)
        #expect(try FrechetDistance.between(large, large).warnings.isEmpty)
        let one = try gaussianSet(1, 16, seed: 15)
        #expect(throws: EmbeddingError.self) { try KernelDistance.kernelAudioDistance(of: one, reference: large) }
        #expect(throws: EmbeddingError.self) { try KernelDistance.kernelAudioDistance(of: large, reference: one) }
        #expect(try KernelDistance.squaredMMD(one, large, kernel: .cosine, estimator: .biased).value >= 0)
    }

    /// By hand, on a line with k = 1: reference 0, 1, 3, 7 reaches 1, 1, 2, 4; generated 0.4, 3.5, 20.
    @Test func neighbourScores() throws {
        let reference = try EmbeddingSet([0, 1, 3, 7], count: 4, dimension: 1)
        let generated = try EmbeddingSet([0.4, 3.5, 20], count: 3, dimension: 1)
        let scores = try NeighbourScores(of: generated, reference: reference, neighbours: 1)
        // 0.4 lies in the balls of 0 and 1, 3.5 in those of 3 and 7, 20 in none.
        #expect(isClose(scores.density, 4.0 / 3) && scores.coverage == 1 && isClose(scores.precision, 2.0 / 3))
        // The generated ones reach 3.1, 3.1 and 16.5.
        #expect(scores.recall == 1)
        let same = try gaussianSet(300, 8, seed: 16), other = try gaussianSet(300, 8, seed: 17)
        let alike = try NeighbourScores(of: other, reference: same)
        #expect(alike.density > 0.8 && alike.density < 1.2 && alike.coverage > 0.9)
        let far = try NeighbourScores(of: gaussianSet(300, 8, mean: 9, seed: 18), reference: same)
        #expect((far.density, far.coverage, far.precision, far.recall) == (0, 0, 0, 0))
        #expect(throws: EmbeddingError.tooFew(count: 4, needed: 6, purpose: "balls that reach to neighbour 5")) {
            try NeighbourScores(of: same, reference: reference)
        }
    }

    @Test func bandwidthsMustBePositive() throws {
        let copies = try EmbeddingSet([Double](repeating: 1, count: 60), count: 20, dimension: 3)
        let set = try gaussianSet(20, 3, seed: 19)
        #expect(throws: EmbeddingError.self) { try KernelDistance.kernelAudioDistance(of: set, reference: copies) }
        #expect(throws: EmbeddingError.self) { try KernelDistance.squaredMMD(set, set, kernel: .gaussian(bandwidth: .nan)) }
    }
}
