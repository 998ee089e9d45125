import AudioMetrics
import TestSupport
import Testing

/// 1e-9 relative; Fréchet distances of singular covariances 1e-6, as far as the reference's square roots go.
@Suite struct DistanceParityTests {
    @Test(arguments: EmbeddingFixture.all)
    func frechetDistanceMatches(_ fixture: EmbeddingFixture) throws {
        let isSingular = min(fixture.x.count, fixture.y.count) <= fixture.x.dimension
        let distance = try FrechetDistance.between(fixture.x, fixture.y)
        let expected = try #require(fixture.values["fad"]["fad_sym"].double)
        #expect(isClose(distance.value, expected, relative: isSingular ? 1e-6 : 1e-9), "\(distance.value) ≠ \(expected)")
        #expect(distance.warnings.isEmpty == !isSingular)
        let statistics = try [fixture.x, fixture.y].map { try GaussianStatistics($0) }
        let traces = try #require(fixture.values["fad"]["tr1"].double)
        #expect(isClose(statistics[0].totalVariance, traces))
        let own = try FrechetDistance.between(fixture.x, fixture.x).value
        #expect(own >= 0 && own <= 1e-9 * statistics[0].totalVariance, "\(own) to itself")
    }

    @Test(arguments: EmbeddingFixture.all)
    func kernelDistancesMatch(_ fixture: EmbeddingFixture) throws {
        let (x, y) = (fixture.x, fixture.y)
        func check(_ value: Double, _ key: String) throws {
            let expected = try #require(fixture.values[key].double)
            #expect(isClose(value, expected), "\(key): \(value) instead of \(expected)")
        }
        let ofY = try KernelDistance.medianDistance(within: y), ofX = try KernelDistance.medianDistance(within: x)
        try check(ofY, "median_bandwidth_ref_y")
        try check(ofX, "median_bandwidth_x")
        func mmd(_ kernel: EmbeddingKernel, _ estimator: KernelDistance.Estimator = .unbiased) throws -> Double {
            try KernelDistance.squaredMMD(x, y, kernel: kernel, estimator: estimator).value
        }
        try check(try mmd(.gaussian(bandwidth: ofY)), "mmd2_unbiased_rbf_ref_y")
        try check(try mmd(.gaussian(bandwidth: ofY), .biased), "mmd2_biased_rbf_ref_y")
        try check(try mmd(.gaussian(bandwidth: ofX)), "mmd2_unbiased_rbf_eval_x")
        try check(try mmd(.gaussian(bandwidth: ofX), .biased), "mmd2_biased_rbf_eval_x")
        try check(try KernelDistance.kernelAudioDistance(of: x, reference: y).value, "kad_x100_ref_y")
        try check(try 100 * mmd(.inverseQuadratic(bandwidth: ofY)), "kad_x100_iq")
        try check(try 100 * mmd(.inverseMultiquadric(bandwidth: ofY)), "kad_x100_imq")
        try check(try mmd(.polynomial(degree: 3)), "kid_cubic_unbiased")
        try check(try mmd(.polynomial(degree: 3), .biased), "kid_cubic_biased")
    }

    @Test(arguments: EmbeddingFixture.all)
    func vendiScoresMatch(_ fixture: EmbeddingFixture) throws {
        func check(_ value: Double, _ key: String) throws {
            let expected = try #require(fixture.values[key].double)
            #expect(isClose(value, expected), "\(key): \(value) instead of \(expected)")
        }
        for (order, name) in [(0.5, "0.5"), (1, "1"), (2, "2"), (Double.infinity, "inf")] {
            try check(try VendiScore.score(fixture.x, order: order), "vendi_cos_x_q\(name)")
        }
        let bandwidth = try KernelDistance.medianDistance(within: fixture.x)
        try check(try VendiScore.score(fixture.x, kernel: .gaussian(bandwidth: bandwidth)), "vendi_rbf_x_q1")
    }

    @Test(arguments: EmbeddingFixture.sets)
    func extrapolationMatches(_ fixture: Fixture) throws {
        let set = try EmbeddingFixture.embeddings("inf.x_eval", of: fixture)
        let reference = try GaussianStatistics(EmbeddingFixture.embeddings("inf.y_ref", of: fixture))
        let expected = fixture.values["fad_inf"]
        let sizes = try #require(expected["ns"].ints), distances = try #require(expected["points"].doubles)
        let points = try sizes.indices.map { index in
            let drawn = try fixture.doubles("inf.idx\(index)").map { Int($0) }
            #expect(drawn.count == sizes[index])
            let distance = try FrechetDistance.between(GaussianStatistics(set.selecting(drawn)), reference).value
            #expect(isClose(distance, distances[index]), "\(distance) instead of \(distances[index])")
            return FrechetExtrapolation.Point(count: drawn.count, distance: distance)
        }
        let line = try FrechetExtrapolation(fitting: points)
        #expect(isClose(line.value, try #require(expected["fad_inf"].double)))
        #expect(isClose(line.slope, try #require(expected["slope"].double), relative: 1e-8))
        #expect(isClose(line.determination, try #require(expected["r2"].double), relative: 1e-8))
    }

    @Test(arguments: EmbeddingFixture.sets)
    func songsMatch(_ fixture: Fixture) throws {
        let expected = try #require(fixture.values["per_song"].doubles)
        let single = try #require(fixture.values["per_song_single_vector"].doubles)
        let songs = try expected.indices.map { try EmbeddingFixture.embeddings("persong.song\($0)", of: fixture) }
        let reference = try GaussianStatistics(EmbeddingFixture.embeddings("persong.ref", of: fixture))
        for (index, distance) in try FrechetDistance.perSong(songs, reference: reference).enumerated() {
            #expect(isClose(distance.value, expected[index], relative: 1e-6))
            #expect(distance.warnings.isEmpty == (songs[index].count > songs[index].dimension))
        }
        for (index, song) in songs.enumerated() {
            let first = try GaussianStatistics(song.selecting([0]))
            #expect(isClose(try FrechetDistance.between(first, reference).value, single[index]))
        }
        let merged = try songs.dropFirst().reduce(GaussianStatistics(songs[0])) {
            try $0.merged(with: GaussianStatistics($1))
        }
        #expect(isClose(merged.mean[0], try #require(fixture.values["merge"]["mean0"].double)))
        #expect(isClose(merged.covariance(0, 0), try #require(fixture.values["merge"]["cov00"].double)))
        let together = try GaussianStatistics(
            EmbeddingSet(songs.flatMap(\.values), count: songs.reduce(0) { $0 + $1.count }, dimension: songs[0].dimension))
        let distance = try FrechetDistance.between(merged, together).value
        #expect(distance <= 1e-9 * together.totalVariance)
    }
}
