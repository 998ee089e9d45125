import ArgumentParser
import AudioDSP
import AudioMetrics
import Foundation

struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure recordings against the clean one: SI-SDR, ESTOI and segmental SNR.",
        discussion: """
            Example: audiotool evaluate --reference clean.wav noisy.wav enhanced.wav

            All must have the same sample rate and length. Channels are averaged first.
            """)

    @Option(help: ArgumentHelp("The clean recording.", valueName: "file"), completion: .file()) var reference: String
    @Argument(help: ArgumentHelp("Recordings of the same speech.", valueName: "estimate"), completion: .file())
    var estimates: [String]
    @Flag(help: "Print the numbers as JSON.") var json = false

    private struct Row: Encodable {
        var file: String
        /// dB.
        var siSDR: Double?
        var estoi: Double?
        /// dB, over the frames that hold speech.
        var segmentalSNR: Double?
        /// Why a number is missing.
        var undefined: String?
    }

    func run() throws {
        let clean = try AudioFile.read(reference)
        guard clean.frameCount > 0 else { throw AudioFileError.noAudio(path: reference) }
        let rows = try estimates.map { try row($0, clean: clean) }
        if json { try JSONOutput.print(rows) } else { show(rows) }
    }

    private func row(_ path: String, clean: AudioBuffer) throws -> Row {
        let estimate = try AudioFile.read(path)
        guard estimate.sampleRate == clean.sampleRate else {
            throw CommandFailure("\(path) has \(estimate.sampleRate) Hz and \(reference) has \(clean.sampleRate) Hz.")
        }
        guard estimate.frameCount == clean.frameCount else {
            throw CommandFailure("\(path) has \(estimate.frameCount) frames and \(reference) has \(clean.frameCount).")
        }
        let (truth, signal, rate) = (clean.mono, estimate.mono, clean.sampleRate)
        let siSDR = try SignalRatio.siSDR(reference: truth, estimate: signal)
        let estoi = try Intelligibility.estoi(reference: truth, estimate: signal, sampleRate: rate)
        let segmental = try SegmentalSNR.active(reference: truth, estimate: signal, sampleRate: rate)
        let reason = [siSDR, estoi, segmental].compactMap(\.reason).first.map { "\($0)" }
        return Row(
            file: path, siSDR: finite(siSDR), estoi: finite(estoi), segmentalSNR: finite(segmental), undefined: reason)
    }

    /// JSON knows no infinities.
    private func finite(_ value: MetricValue) -> Double? {
        guard let number = value.value, number.isFinite || !json else { return nil }
        return number
    }

    private func show(_ rows: [Row]) {
        let width = max(9, rows.map(\.file.count).max() ?? 0)
        func line(_ cells: [String]) {
            let name = cells[0].padding(toLength: width, withPad: " ", startingAt: 0)
            print(name + cells.dropFirst().map { "  " + String(repeating: " ", count: max(0, 16 - $0.count)) + $0 }.joined())
        }
        func number(_ value: Double?, _ format: String) -> String { value.map { String(format: format, $0) } ?? "undefined" }
        line(["recording", "SI-SDR (dB)", "ESTOI", "segm. SNR (dB)"])
        for row in rows {
            line([row.file, number(row.siSDR, "%.2f"), number(row.estoi, "%.3f"), number(row.segmentalSNR, "%.2f")])
        }
        for row in rows { if let reason = row.undefined { print("\(row.file): \(reason)") } }
    }
}
