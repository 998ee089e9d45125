/// Pictures of recordings on common scales.
struct RecordingPicture {
    /// What a picture shows of its recordings.
    enum Kind: String, CaseIterable {
        /// Spectrograms, one above the other.
        case spectrogram
        /// Waveforms, one above the other.
        case waveform
        /// Side by side, each its waveform over its spectrogram.
        case pair
    }

    var kind = Kind.spectrogram
    var scale = FrequencyScale.linear
    /// dB from black to the brightest colour, which stands for the loudest point of all.
    var range = 80.0
    /// Pixels of a panel; the default suits the kind.
    var panelWidth: Int?

    private var width: Int { panelWidth ?? (kind == .pair ? 620 : 1000) }

    /// - Parameter titles: One for each recording; its file's name without.
    func picture(of paths: [String], titles: [String]? = nil) throws -> Picture {
        let recordings = try paths.map { try RecordingColumns(path: $0, columns: width, window: scale.window) }
        let titles = titles ?? recordings.map(\.name)
        let panelWidth = Double(width)
        switch kind {
        case .spectrogram:
            let panels = try spectrograms(recordings, titles: titles)
            return Picture(
                columns: [panels], panelWidth: panelWidth, rowHeights: panels.map { _ in 240 }, decibels: range)
        case .waveform:
            let panels = waveforms(recordings, titles: titles)
            return Picture(columns: [panels], panelWidth: panelWidth, rowHeights: panels.map { _ in 150 })
        case .pair:
            let upper = waveforms(recordings, titles: recordings.map { _ in "" })
            let lower = try spectrograms(recordings, titles: recordings.map { _ in "" })
            return Picture(
                columns: zip(upper, lower).map { [$0, $1] }, headings: titles, panelWidth: panelWidth,
                rowHeights: [140, 260], decibels: range)
        }
    }

    private func spectrograms(_ recordings: [RecordingColumns], titles: [String]) throws -> [any Panel] {
        let levels = try recordings.map { try SpectrogramPanel.Levels($0, scale: scale) }
        let reference = levels.map(\.loudest).max() ?? 0
        return zip(levels, titles).map { SpectrogramPanel($0, title: $1, range: range, reference: reference) }
    }

    private func waveforms(_ recordings: [RecordingColumns], titles: [String]) -> [any Panel] {
        let peak = Double(recordings.map(\.peak).max() ?? 0)
        return zip(recordings, titles).map { WaveformPanel($0, title: $1, peak: peak) }
    }
}
