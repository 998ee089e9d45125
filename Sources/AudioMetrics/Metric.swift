/// The measures of `MetricSuite`; the raw values are the keys of reports.
public enum Metric: String, CaseIterable, Sendable, Codable {
    /// `SignalRatio.siSDR`, without removal of the mean.
    case siSDR = "si_sdr"
    /// `SignalRatio.snr`.
    case snr
    /// `SegmentalSNR.active`.
    case segmentalSNR = "seg_snr"
    /// `Intelligibility.stoi`.
    case stoi
    /// `Intelligibility.estoi`.
    case estoi
    /// `Loudness.integrated` of the estimate, ITU-R BS.1770.
    case loudness = "lufs"
    /// `Delay.measure`: how much later than the reference the estimate is.
    case delay = "delay_ms"

    /// The key of reports.
    public var key: String { rawValue }

    /// What tables print above a column, without the unit.
    public var title: String {
        switch self {
        case .siSDR: "SI-SDR"
        case .snr: "SNR"
        case .segmentalSNR: "segmental SNR"
        case .stoi: "STOI"
        case .estoi: "ESTOI"
        case .loudness: "loudness"
        case .delay: "delay"
        }
    }

    /// The unit of the value; empty for scores.
    public var unit: String {
        switch self {
        case .siSDR, .snr, .segmentalSNR: "dB"
        case .stoi, .estoi: ""
        case .loudness: "LUFS"
        case .delay: "ms"
        }
    }

    /// Whether a larger value is a better estimate; nil where neither direction is.
    public var isHigherBetter: Bool? {
        switch self {
        case .siSDR, .snr, .segmentalSNR, .stoi, .estoi: true
        case .loudness, .delay: nil
        }
    }

    /// Whether the measure compares with a clean recording.
    public var needsReference: Bool {
        switch self {
        case .loudness: false
        default: true
        }
    }

    /// The rate in Hz at which the value of a recording at `sampleRate` is computed; nil where there is none.
    public func computationRate(for sampleRate: Int) -> Int? {
        switch self {
        case .stoi, .estoi: 10_000
        default: sampleRate
        }
    }
}
