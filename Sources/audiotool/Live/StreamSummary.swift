import Foundation
import LiveAudio

/// How a stream's end is told.
struct StreamSummary {
    let report: StreamReport
    /// What the model says of the whole, such as that the voice was likely absent.
    let verdict: String?
    let error: String?

    private struct Line: Encodable {
        var report: StreamReport
        var verdict: String?
        var error: String?

        private enum CodingKeys: CodingKey { case seconds, latencyMilliseconds, verdict, error }

        func encode(to encoder: any Encoder) throws {
            try report.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(report.seconds, forKey: .seconds)
            try container.encode(report.latencyMilliseconds, forKey: .latencyMilliseconds)
            try container.encodeIfPresent(verdict, forKey: .verdict)
            try container.encodeIfPresent(error, forKey: .error)
        }
    }

    /// One line.
    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(Line(report: report, verdict: verdict, error: error)), as: UTF8.self)
    }

    static func lines(_ report: StreamReport) -> [String] {
        var counts = ["\(report.framesIn) frames in", "\(report.framesOut) out"]
        if report.lateFrames > 0 { counts.append("\(report.lateFrames) late") }
        if report.droppedFrames > 0 { counts.append("\(report.droppedFrames) dropped") }
        if report.nonFiniteSamples > 0 { counts.append("\(report.nonFiniteSamples) NaN or infinite samples became 0") }
        if report.limitedSamples > 0 { counts.append("\(report.limitedSamples) samples limited at full scale") }
        let latency = report.latencyFrames == 0
            ? "in time" : String(format: "%d frames (%.1f ms) late", report.latencyFrames, report.latencyMilliseconds)
        var lines = [
            counts.joined(separator: ", ") + "; \(ProgressClock.duration(report.seconds)) of sound, \(latency); "
                + String(format: "load %.0f %%", 100 * report.load)
        ]
        switch report.ending {
        case .outputClosed: lines.insert("the output was closed by its reader", at: 0)
        case .stopped: lines.insert("stopped", at: 0)
        default: break
        }
        if report.trailingBytes > 0 { lines.append("the input ends inside a frame: its last \(report.trailingBytes) bytes are left out") }
        return lines
    }
}
