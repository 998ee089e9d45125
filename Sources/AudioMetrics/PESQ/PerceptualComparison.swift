import Foundation

/// The perceptual model of P.862: what is heard of the differences between two aligned signals.
struct PerceptualComparison {
    let format: PESQFormat
    let analysis: PitchAnalysis
    let estimate: PESQInput
    let aligned: AlignedEstimate
    let reference: PESQInput
    /// From the first frame that is not silence to the last.
    private let frames: ClosedRange<Int>
    /// Frames in the whole recording.
    private let totalFrames: Int
    private let utterances: [PESQ.Utterance]

    /// Frames with a larger disturbance are aligned anew.
    static let badDisturbance = 30.0

    init(
        _ reference: PESQInput, _ estimate: PESQInput, utterances: [PESQ.Utterance], format: PESQFormat
    ) throws {
        self.format = format
        self.reference = reference
        self.estimate = estimate
        self.utterances = utterances
        analysis = try PitchAnalysis(format)
        aligned = AlignedEstimate(estimate, utterances: utterances, format: format)
        let hop = format.frameLength / 2
        let span = reference.count - 2 * format.edge + format.tail
        totalFrames = span / hop - 1
        let quiet = Self.silence(reference, format)
        let first = quiet.start / hop
        frames = first...max(first, (span - quiet.end) / hop - 1)
    }

    /// The symmetric and the asymmetric disturbance.
    func disturbances() throws -> (symmetric: Double, asymmetric: Double) {
        let count = frames.upperBound + 1
        var clean = PitchFrames(frameCount: count, bandCount: analysis.scale.bandCount), degraded = clean
        for frame in 0..<count {
            let start = format.edge + frame * format.frameLength / 2
            analysis.analyze(reference.samples, at: start, into: &clean, frame: frame)
            let delayed = start + aligned.delay(at: start)
            guard delayed > 0, delayed + format.frameLength < estimate.samples.count else { continue }
            analysis.analyze(estimate.samples, at: delayed, into: &degraded, frame: frame)
        }
        equalize(&clean, to: degraded)
        var difference = FrameDifferences(analysis.scale, frameCount: count)
        difference.measure(clean, &degraded, frames: 0..<count)
        for frame in skippedFrames() where frame < frames.upperBound { difference.clear(frame) }
        try BadIntervals(self, difference: difference, lastFrame: frames.upperBound)?
            .remeasure(clean, &degraded, into: &difference)

        let weights = frameWeights(clean)
        return (
            average(difference.symmetric, weights), average(difference.asymmetric, weights)
        )
    }

    /// Gives the reference the long-term spectrum of the estimate, within 20 dB.
    private func equalize(_ clean: inout PitchFrames, to degraded: PitchFrames) {
        let scale = analysis.scale
        let audible = (0...frames.upperBound).filter { clean.audiblePower(scale, frame: $0, factor: 100) >= 1e7 }
        for band in 0..<scale.bandCount {
            let threshold = 100 * scale.thresholds[band]
            func mean(_ frames: PitchFrames) -> Double {
                audible.reduce(0) { sum, frame in
                    let power = frames[frame, band]
                    return power > threshold ? sum + power : sum
                } / Double(totalFrames)
            }
            let ratio = (mean(degraded) + 1000) / (mean(clean) + 1000)
            let factor = min(100, max(0.01, ratio))
            for frame in 0...frames.upperBound { clean[frame, band] *= factor }
        }
    }

    /// Frames that the estimate leaves out, where the delay falls by more than half a frame between utterances.
    private func skippedFrames() -> [Int] {
        let edge = PESQFormat.edgeBlocks, hop = format.frameLength / 2
        return zip(utterances, utterances.dropFirst()).flatMap { previous, next -> [Int] in
            let jump = next.delay - previous.delay
            guard jump < -hop else { return [] }
            let start = ((next.start - edge) * format.block + next.delay) / hop
            let end = ((previous.end - edge) * format.block + previous.delay) / hop
            let last = ((next.start - edge) * format.block - jump) / hop + 1
            let first = max(0, min(start, end))
            return first <= last ? Array(first...last) : []
        }
    }

    /// Quiet frames count more: what a difference is divided by.
    private func frameWeights(_ clean: PitchFrames) -> [Double] {
        (0...frames.upperBound).map { frame in
            pow((clean.audiblePower(analysis.scale, frame: frame, factor: 1) + 1e5) / 1e7, 0.04)
        }
    }

    /// The norm of order 6 over 20 frames every 10, then the root mean square over time.
    private func average(_ disturbances: [Double], _ weights: [Double]) -> Double {
        let values = zip(disturbances, weights).map { min(45, $0 / $1) }
        // In long recordings the end counts more.
        let recorded = (reference.count - 2 * format.edge) / (format.frameLength / 2) - 1
        let recency = recorded > 1000 ? min(0.5, Double(recorded - 1000) / 5500) : 0
        var sum = 0.0, total = 0.0
        for start in stride(from: frames.lowerBound, through: frames.upperBound, by: 10) {
            var powers = 0.0
            for frame in start..<start + 20 where frame <= frames.upperBound {
                let square = values[frame] * values[frame]
                powers += square * square * square
            }
            let syllable = pow(powers / 20, 1 / 6.0)
            let weight = recency > 0 ? 1 - recency + recency * Double(start - frames.lowerBound) / Double(recorded) : 1
            sum += weight * syllable * weight * syllable
            total += weight * weight
        }
        return (sum / total).squareRoot()
    }

    /// Samples at both ends without five in a row that sum to 500; at most half of the recording each.
    private static func silence(_ signal: PESQInput, _ format: PESQFormat) -> (start: Int, end: Int) {
        func skipped(from first: Int, step: Int) -> Int {
            (0..<signal.count / 2).first { skip in
                (0..<5).reduce(0.0) { $0 + abs(signal.samples[first + step * (skip + $1)]) } >= 500
            } ?? signal.count / 2
        }
        return (
            skipped(from: format.edge, step: 1),
            skipped(from: signal.count - format.edge + format.tail - 1, step: -1)
        )
    }
}
