import AudioDSP
import Foundation

/// How the frequencies of a spectrogram are spread.
enum FrequencyScale: String, CaseIterable {
    /// Even steps in Hz.
    case linear
    /// Even steps in octaves, from 50 Hz.
    case log
    /// The energies of mel bands, evenly spaced.
    case mel

    var window: RecordingColumns.Window { self == .linear ? .short : .long }
}

/// The spectrogram of a recording; colours are dB under a reference.
struct SpectrogramPanel: Panel {
    let title: String
    let horizontal: Axis
    let vertical: Axis
    let hasGrid = false
    /// dB from black to the brightest colour.
    private let range: Double
    /// `[columns][bands]`.
    private let levels: [[Float]]
    private let scale: FrequencyScale
    private let nyquist: Double

    /// - Parameter reference: The level of the brightest colour, of a bin's or band's power in dB.
    init(_ recording: Levels, title: String, range: Double, reference: Double) {
        (self.title, self.range, scale) = (title, range, recording.scale)
        horizontal = Axis.time(recording.duration).axis
        nyquist = Double(recording.sampleRate) / 2
        vertical = switch scale {
        case .linear: Axis("Frequency (kHz)", 0...nyquist / 1000)
        case .log: Axis("Frequency (Hz)", min(50, nyquist / 8)...nyquist, scale: .logarithmic)
        case .mel: Axis("Frequency (Hz, mel)", 0...nyquist, scale: .mel)
        }
        levels = recording.decibels.map { column in column.map { $0 - Float(reference) } }
    }

    func draw(in area: Rectangle, on canvas: Canvas) {
        let rows = Int(area.height), columns = Int(area.width)
        let bands = levels[0].count
        let bandOfRow = (0..<rows).map { row in
            let up = (Double(rows - 1 - row) + 0.5) / Double(rows)
            let position = scale == .log ? vertical.value(at: up) / nyquist : up
            return min(bands - 1, Int(position * Double(bands)))
        }
        let last = Double(Self.palette.count - 1)
        canvas.fill(area) { column, row in
            let share = 1 + Double(levels[column * levels.count / columns][bandOfRow[row]]) / range
            // What is no number is black.
            return Self.palette[share > 0 ? Int((last * min(share, 1)).rounded()) : 0]
        }
    }

    /// Steps too small to be seen, and few enough for files to stay small.
    private static let palette = (0...64).map { Colour.heat(Double($0) / 64) }
}

extension SpectrogramPanel {
    /// A recording's levels on one of the scales.
    struct Levels {
        let scale: FrequencyScale
        let sampleRate: Int
        let duration: Double
        /// `[columns][bands]`, low frequencies first.
        let decibels: [[Float]]

        init(_ recording: RecordingColumns, scale: FrequencyScale) throws {
            (self.scale, sampleRate, duration) = (scale, recording.sampleRate, recording.duration)
            let power = scale == .mel ? try Self.melBands(of: recording) : recording.power
            decibels = power.map { column in column.map { 10 * log10(max($0, 1e-30)) } }
        }

        var loudest: Double { Double(decibels.reduce(-300) { max($0, $1.max() ?? -300) }) }

        /// As many bands, up to 128, as leave none without a bin.
        private static func melBands(of recording: RecordingColumns) throws -> [[Float]] {
            let nFFT = 2 * (recording.binCount - 1)
            var count = min(128, recording.binCount / 2)
            var bank = try MelFilterBank(sampleRate: recording.sampleRate, nFFT: nFFT, bandCount: count, normalization: .none)
            while bank.emptyBandCount > 0, count > 8 {
                count -= 8
                bank = try MelFilterBank(sampleRate: recording.sampleRate, nFFT: nFFT, bandCount: count, normalization: .none)
            }
            return try recording.power.map { try bank.apply($0) }
        }
    }
}
