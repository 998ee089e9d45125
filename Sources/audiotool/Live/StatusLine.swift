import Foundation
import LiveAudio

/// The line that is rewritten while a stream runs: levels, counters, keys.
enum StatusLine {
    static func text(
        _ pump: StreamPump, _ ends: StreamEnds, _ model: StreamedModel, _ recorder: EnrollmentRecorder?, showsKeys: Bool
    ) -> String {
        let peaks = pump.monitor.takePeaks(), rate = ends.source.sampleRate
        var parts = ["in " + level(peaks.input), "out " + level(peaks.output)]
        parts.append(String(format: "load %.0f %%", 100 * pump.monitor.load(sampleRate: rate)))
        if let bridge = ends.devices?.bridge {
            parts.append("late \(bridge.lateFrames)  dropped \(bridge.droppedFrames)")
        } else {
            parts.append(ProgressClock.duration(Double(pump.monitor.framesIn) / Double(rate)))
        }
        if let state = model.state?() { parts.append(state) }
        if let seconds = recorder?.secondsLeft {
            parts.append(String(format: "recording, %.1f s left", seconds))
        } else if showsKeys {
            parts.append((recorder == nil ? "" : "e: enrol again, ") + "q: quit (and Enter)")
        }
        return parts.joined(separator: "  ")
    }

    /// A bar from -60 dB to full scale, and the number.
    static func level(_ peak: Float) -> String {
        let decibels = 20 * log10(max(Double(peak), 1e-6)), cells = 10
        let filled = max(0, min(cells, Int(((decibels + 60) / 60 * Double(cells)).rounded(.up))))
        return String(repeating: "█", count: filled) + String(repeating: "·", count: cells - filled)
            + String(format: "%4.0f dB", decibels)
    }
}
