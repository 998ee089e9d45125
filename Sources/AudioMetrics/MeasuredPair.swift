import AudioDSP

/// One pair of signals, and what its metrics share once it is computed.
struct MeasuredPair {
    private let estimate: [Float]
    private let reference: [Float]?
    private let sampleRate: Int
    private var intelligibility: (stoi: MetricValue, estoi: MetricValue)?

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
        guard metric.needsReference else { return try alone(metric) }
        guard let reference else { return .undefined(.noReference) }
        switch metric {
        case .siSDR: return try SignalRatio.siSDR(reference: reference, estimate: estimate)
        case .snr: return try SignalRatio.snr(reference: reference, estimate: estimate)
        case .segmentalSNR:
            return try SegmentalSNR.active(reference: reference, estimate: estimate, sampleRate: sampleRate)
        case .stoi: return try intelligibility(reference).stoi
        case .estoi: return try intelligibility(reference).estoi
        case .delay: return try delay(reference)
        case .loudness: preconditionFailure("needs no reference")
        }
    }

    private func alone(_ metric: Metric) throws -> MetricValue {
        let needed = Int((0.4 * Double(sampleRate)).rounded())
        guard estimate.count >= needed else { return .undefined(.tooShort(samples: estimate.count, needed: needed)) }
        guard sampleRate > 80 else { return .undefined(.rateTooLow(sampleRate, needed: 81)) }
        return .defined(try Loudness.integrated([estimate], sampleRate: sampleRate))
    }

    private mutating func intelligibility(_ reference: [Float]) throws -> (stoi: MetricValue, estoi: MetricValue) {
        if let intelligibility { return intelligibility }
        let scores = try Intelligibility.scores(reference: reference, estimate: estimate, sampleRate: sampleRate)
        intelligibility = scores
        return scores
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
