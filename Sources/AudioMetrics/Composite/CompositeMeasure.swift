/// Predictions of what listeners say of enhanced speech in a test after ITU-T P.835, from 1 to 5 (Hu and Loizou,
/// "Evaluation of objective quality measures for speech enhancement", 2008): of the speech (CSIG), of the background
/// (CBAK) and overall (COVL).
///
/// PESQ is the wide-band opinion score at 16 kHz and the raw narrow-band score at 8 kHz, as in the programs that most
/// papers on enhancement used; with another one the values differ by up to one.
public struct CompositeMeasure: Sendable, Equatable {
    public var signal: Double
    public var background: Double
    public var overall: Double

    /// - Parameters:
    ///   - likelihoodRatio: `LogLikelihoodRatio` without a cap.
    ///   - segmentalSNR: `SegmentalSNR.composite`, in dB.
    public init(pesq: Double, likelihoodRatio: Double, slope: Double, segmentalSNR: Double) {
        func limited(_ value: Double) -> Double { min(5, max(1, value)) }
        signal = limited(3.093 - 1.029 * likelihoodRatio + 0.603 * pesq - 0.009 * slope)
        background = limited(1.634 + 0.478 * pesq - 0.007 * slope + 0.063 * segmentalSNR)
        overall = limited(1.594 + 0.805 * pesq - 0.512 * likelihoodRatio - 0.007 * slope)
    }

    /// The three measures of a pair.
    ///
    /// - Parameters:
    ///   - sampleRate: 8000 or 16000.
    ///   - known: The pair's PESQ where it is known already: wide band at 16 kHz, narrow band at 8 kHz.
    public static func measure(
        reference: [Float], estimate: [Float], sampleRate: Int,
        score known: Result<PESQ.Score, MetricValue.Reason>? = nil
    ) throws -> Result<CompositeMeasure, MetricValue.Reason> {
        let band: PESQ.Band = sampleRate == 8000 ? .narrow : .wide
        let known = try known
            ?? PESQ.score(reference: reference, estimate: estimate, sampleRate: sampleRate, band: band)
        let score: PESQ.Score
        switch known {
        case .success(let value): score = value
        case .failure(let reason): return .failure(reason)
        }
        let ratio = try LogLikelihoodRatio.measure(
            reference: reference, estimate: estimate, sampleRate: sampleRate, cap: nil)
        let slope = try WeightedSpectralSlope.measure(
            reference: reference, estimate: estimate, sampleRate: sampleRate)
        let segmental = try SegmentalSNR.composite(
            reference: reference, estimate: estimate, sampleRate: sampleRate)
        guard let ratio = ratio.value, let slope = slope.value, let segmental = segmental.value else {
            preconditionFailure("what is long enough for PESQ is long enough for the rest")
        }
        return .success(
            CompositeMeasure(
                pesq: band == .wide ? score.listeningQuality : score.raw, likelihoodRatio: ratio, slope: slope,
                segmentalSNR: segmental))
    }
}
