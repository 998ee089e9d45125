import AudioDSP

/// One pair of signals, and what its metrics share once it is computed.
struct MeasuredPair {
    private let estimate: [Float]
    private let reference: [Float]?
    private let sampleRate: Int
    private var intelligibility: (stoi: MetricValue, estoi: MetricValue)?
    private var scores: [PESQ.Band: Result<PESQ.Score, MetricValue.Reason>] = [:]
    private var composites: Result<CompositeMeasure, MetricValue.Reason>?
    private var resampled: [Int: (reference: [Float], estimate: [Float])] = [:]

    init(estimate: [Float], reference: [Float]?, sampleRate: Int) throws {
        guard sampleRate > 0 else { throw MetricError.invalidSampleRate(sampleRate) }
        if let reference {
            try checkPair(reference: reference, estimate: estimate)
        } else {
            try checkFinite(estimate, "estimate")
        }
        (self.estimate, self.reference, self.sampleRate) = (estimate, reference, sampleRate)
    }

    mutating func value(of metric: Metric) throws -> MetricValue {
        guard !metric.needsReference else {
            return try reference.map { try value(of: metric, reference: $0) } ?? .undefined(.noReference)
        }
        return metric == .loudness ? try loudness() : try reverberation()
    }

    private mutating func value(of metric: Metric, reference: [Float]) throws -> MetricValue {
        switch metric {
        case .siSDR: try SignalRatio.siSDR(reference: reference, estimate: estimate)
        case .snr: try SignalRatio.snr(reference: reference, estimate: estimate)
        case .segmentalSNR:
            try SegmentalSNR.active(reference: reference, estimate: estimate, sampleRate: sampleRate)
        case .sdr: try FilteredDistortion.sdr(reference: reference, estimate: estimate)
        case .logSpectralDistance: try LogSpectralDistance.bels(reference: reference, estimate: estimate)
        case .stoi: try intelligibility(reference).stoi
        case .estoi: try intelligibility(reference).estoi
        case .pesqNarrow: try score(.narrow).map(\.listeningQuality).metricValue
        case .pesqWide: try score(.wide).map(\.listeningQuality).metricValue
        case .compositeSignal: try composite().map(\.signal).metricValue
        case .compositeBackground: try composite().map(\.background).metricValue
        case .compositeOverall: try composite().map(\.overall).metricValue
        case .delay: try delay(reference)
        case .reverberation, .loudness: preconditionFailure("needs no reference")
        }
    }

    private mutating func intelligibility(_ reference: [Float]) throws -> (stoi: MetricValue, estoi: MetricValue) {
        if let intelligibility { return intelligibility }
        let scores = try Intelligibility.scores(reference: reference, estimate: estimate, sampleRate: sampleRate)
        intelligibility = scores
        return scores
    }

    private mutating func score(_ band: PESQ.Band) throws -> Result<PESQ.Score, MetricValue.Reason> {
        if let score = scores[band] { return score }
        let metric: Metric = band == .wide ? .pesqWide : .pesqNarrow
        guard let rate = metric.computationRate(for: sampleRate) else {
            let needed = band == .wide ? 16_000 : 8000
            return .failure(.rateTooLow(sampleRate, needed: needed))
        }
        let pair = try pair(at: rate)
        let score = try PESQ.score(
            reference: pair.reference, estimate: pair.estimate, sampleRate: rate, band: band)
        scores[band] = score
        return score
    }

    private mutating func composite() throws -> Result<CompositeMeasure, MetricValue.Reason> {
        if let composites { return composites }
        guard let rate = Metric.compositeOverall.computationRate(for: sampleRate) else {
            return .failure(.rateTooLow(sampleRate, needed: 8000))
        }
        let score = try score(rate == 8000 ? .narrow : .wide), pair = try pair(at: rate)
        let measured = try CompositeMeasure.measure(
            reference: pair.reference, estimate: pair.estimate, sampleRate: rate, score: score)
        composites = measured
        return measured
    }

    private mutating func pair(at rate: Int) throws -> (reference: [Float], estimate: [Float]) {
        if let known = resampled[rate] { return known }
        let reference = reference ?? []
        let pair = rate == sampleRate
            ? (reference, estimate)
            : (
                try Resampler.resample(reference, from: sampleRate, to: rate),
                try Resampler.resample(estimate, from: sampleRate, to: rate)
            )
        resampled[rate] = pair
        return pair
    }

    private func loudness() throws -> MetricValue {
        guard sampleRate >= Self.lowestLoudnessRate else {
            return .undefined(.rateTooLow(sampleRate, needed: Self.lowestLoudnessRate))
        }
        let needed = Int((0.4 * Double(sampleRate)).rounded())
        guard estimate.count >= needed else { return .undefined(.tooShort(samples: estimate.count, needed: needed)) }
        return .defined(try Loudness.integrated([estimate], sampleRate: sampleRate))
    }

    /// Under it the K-weighting has no shelf.
    private static let lowestLoudnessRate = 4000

    private func reverberation() throws -> MetricValue {
        guard let rate = Metric.reverberation.computationRate(for: sampleRate) else {
            return .undefined(.rateTooLow(sampleRate, needed: ReverberationRatio.lowestRate))
        }
        let signal = rate == sampleRate ? estimate : try Resampler.resample(estimate, from: sampleRate, to: rate)
        return try ReverberationRatio.srmr(signal, sampleRate: rate)
    }

    private func delay(_ reference: [Float]) throws -> MetricValue {
        guard !reference.isEmpty else { return .undefined(.tooShort(samples: 0, needed: 1)) }
        let longest = Int(Delay.longestSeconds * Double(sampleRate))
        guard let delay = try Delay.measure(reference: reference, estimate: estimate, longest: longest) else {
            return .undefined(Level.energy(reference) > 0 ? .silentEstimate : .silentReference)
        }
        return .defined(1000 * Double(delay.samples) / Double(sampleRate))
    }
}
