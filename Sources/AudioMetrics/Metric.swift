/// The measures of `MetricSuite`; the raw values are the keys of reports.
public enum Metric: String, CaseIterable, Sendable, Codable {
    /// `SignalRatio.siSDR`, without removal of the mean.
    case siSDR = "si_sdr"
    /// `SignalRatio.snr`.
    case snr
    /// `SegmentalSNR.active`.
    case segmentalSNR = "seg_snr"
    /// `FilteredDistortion.sdr`, BSS Eval version 3.
    case sdr
    /// `LogSpectralDistance.bels`.
    case logSpectralDistance = "lsd"
    /// `Intelligibility.stoi`.
    case stoi
    /// `Intelligibility.estoi`.
    case estoi
    /// `PESQ.measure`, narrow band.
    case pesqNarrow = "pesq_nb"
    /// `PESQ.measure`, wide band.
    case pesqWide = "pesq_wb"
    /// `CompositeMeasure.signal`.
    case compositeSignal = "csig"
    /// `CompositeMeasure.background`.
    case compositeBackground = "cbak"
    /// `CompositeMeasure.overall`.
    case compositeOverall = "covl"
    /// `ReverberationRatio.srmr` of the estimate.
    case reverberation = "srmr"
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
        case .sdr: "SDR"
        case .logSpectralDistance: "LSD"
        case .stoi: "STOI"
        case .estoi: "ESTOI"
        case .pesqNarrow: "PESQ-NB"
        case .pesqWide: "PESQ-WB"
        case .compositeSignal: "CSIG"
        case .compositeBackground: "CBAK"
        case .compositeOverall: "COVL"
        case .reverberation: "SRMR"
        case .loudness: "loudness"
        case .delay: "delay"
        }
    }

    /// The definition that is followed, in a few words.
    public var definition: String {
        switch self {
        case .siSDR: "Le Roux et al. 2019, mean not removed"
        case .snr: "whole signal"
        case .segmentalSNR: "32 ms frames with speech, -10 to 35 dB"
        case .sdr: "BSS Eval 3, filters of 512 taps"
        case .logSpectralDistance: "2048-point spectra, log10 of power"
        case .stoi: "Taal et al. 2011, as pystoi 0.4"
        case .estoi: "Jensen and Taal 2016, as pystoi 0.4"
        case .pesqNarrow: "ITU-T P.862 with P.862.1 (MOS-LQO)"
        case .pesqWide: "ITU-T P.862.2 (MOS-LQO)"
        case .compositeSignal, .compositeBackground, .compositeOverall:
            "Hu and Loizou 2008; PESQ-WB at 16 kHz, raw PESQ-NB at 8 kHz"
        case .reverberation: "Falk et al. 2010, as SRMRpy, slow"
        case .loudness: "ITU-R BS.1770-4, gated"
        case .delay: "peak of the cross-correlation within 1 s"
        }
    }

    /// The unit of the value; empty for scores.
    public var unit: String {
        switch self {
        case .siSDR, .snr, .segmentalSNR, .sdr: "dB"
        case .logSpectralDistance: "log10"
        case .loudness: "LUFS"
        case .delay: "ms"
        default: ""
        }
    }

    /// Whether a larger value is a better estimate; nil where neither direction is.
    public var isHigherBetter: Bool? {
        switch self {
        case .logSpectralDistance: false
        case .loudness, .delay: nil
        default: true
        }
    }

    /// Whether the measure compares with a clean recording.
    public var needsReference: Bool { self != .loudness && self != .reverberation }

    /// The rate in Hz at which the value of a recording at `sampleRate` is computed; nil where the rate is too low for
    /// it. Recordings at other rates are resampled first.
    public func computationRate(for sampleRate: Int) -> Int? {
        switch self {
        case .stoi, .estoi:
            sampleRate >= Intelligibility.lowestRate ? ThirdOctaveSpectrogram.sampleRate : nil
        case .pesqWide: sampleRate >= 16_000 ? 16_000 : nil
        case .pesqNarrow, .compositeSignal, .compositeBackground, .compositeOverall:
            sampleRate >= 16_000 ? 16_000 : sampleRate >= 8000 ? 8000 : nil
        case .reverberation: sampleRate >= ReverberationRatio.lowestRate ? min(sampleRate, 16_000) : nil
        default: sampleRate
        }
    }
}
