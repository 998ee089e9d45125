import AudioDSP
import Foundation

/// One ear's response at 16 kHz with its delay taken out, so that responses of neighbouring directions can be added.
struct AlignedResponse: Sendable {
    /// Samples before the onset.
    static let lead = 8
    /// The longest response that is kept, 10 ms after the onset; its last millisecond fades out.
    private static let longest = 160
    private static let fade = 16

    let taps: [Float]
    /// Samples at 16 kHz from the file's beginning to the onset.
    let onset: Double

    /// - Throws: `SignalError.noActivity` for silence.
    init(_ response: [Float], sampleRate: Int, delay: Double) throws {
        let onset = try Self.onset(of: response, sampleRate: sampleRate)
        let rate = HeadRelatedResponses.sampleRate
        let scale = Double(rate) / Double(sampleRate)
        let rest = (Double(response.count) - onset) * scale
        let count = min(Self.longest, Int(rest.rounded(.up))) + Self.lead + 8
        var taps = try SincResampler.resample(
            response, from: sampleRate, to: rate, offset: onset - Double(Self.lead) / scale, count: count)
        if count == Self.longest + Self.lead + 8 {
            for index in 0..<Self.fade {
                let angle = Double.pi * (Double(index) + 0.5) / Double(2 * Self.fade)
                taps[count - Self.fade + index] *= Float(cos(angle) * cos(angle))
            }
        }
        self.taps = taps
        self.onset = (onset + delay) * scale
    }

    /// Where the response first reaches a fifth of its peak, in input samples with fractions.
    private static func onset(of response: [Float], sampleRate: Int) throws -> Double {
        let peak = Level.peak(response)
        guard peak > 0 else { throw SignalError.noActivity(operation: "Head-related response", reason: "it is silent") }
        let strongest = response.firstIndex { abs($0) >= 0.9 * peak } ?? 0
        // Finer than the samples, and only where the onset can be.
        let factor = 8, start = max(0, (response.firstIndex { abs($0) >= 0.1 * peak } ?? 0) - 4)
        let fine = try SincResampler.resample(
            response, from: sampleRate, to: factor * sampleRate, offset: Double(start), count: factor * (strongest - start + 2))
        let threshold = 0.2 * Level.peak(fine)
        let index = fine.firstIndex { abs($0) >= threshold } ?? 0
        guard index > 0 else { return Double(start) }
        let (below, above) = (abs(fine[index - 1]), abs(fine[index]))
        let part = above > below ? Double((threshold - below) / (above - below)) : 0
        return Double(start) + (Double(index - 1) + part) / Double(factor)
    }
}
