import AudioDSP
import Foundation

/// The estimate with the delays of the utterances taken out.
struct AlignedEstimate {
    private let utterances: [PESQ.Utterance]
    private let format: PESQFormat
    private let estimate: PESQInput

    init(_ estimate: PESQInput, utterances: [PESQ.Utterance], format: PESQFormat) {
        self.estimate = estimate
        self.utterances = utterances
        self.format = format
    }

    /// How late the estimate is at a sample of the reference.
    func delay(at sample: Int) -> Int {
        (utterances.last { $0.start * format.block <= sample } ?? utterances[0]).delay
    }

    /// As long as the estimate; samples that would come from outside are its first or last.
    func samples() -> [Double] {
        let total = estimate.samples.count
        let first = format.edge, last = total - format.edge - 1
        var result = [Double](repeating: 0, count: total)
        for index in first...last {
            result[index] = estimate.samples[min(max(index + delay(at: index), first), last)]
        }
        return result
    }
}

/// Stretches of frames in which the two signals differ so much that their alignment is doubted: each is aligned once
/// more by itself.
struct BadIntervals {
    private let comparison: PerceptualComparison
    private let intervals: [Range<Int>]

    /// Shorter stretches are left as they are.
    private static let shortest = 5
    private static let smear = 2
    /// Frames by which the alignment may be wrong.
    private static let reach = 4

    /// - Returns: Nil where there is none.
    init?(_ comparison: PerceptualComparison, difference: FrameDifferences, lastFrame: Int) {
        self.comparison = comparison
        var isBad = difference.symmetric.map { $0 > PerceptualComparison.badDisturbance }
        guard isBad.contains(true) else { return nil }
        isBad[0] = false
        let intervals = Self.runs(Self.smeared(isBad, last: lastFrame)).filter { $0.count >= Self.shortest }
        guard !intervals.isEmpty else { return nil }
        self.intervals = intervals
    }

    /// Measures the intervals again where another delay fits and keeps the smaller of both results.
    func remeasure(
        _ clean: PitchFrames, _ degraded: inout PitchFrames, into difference: inout FrameDifferences
    ) throws {
        let aligned = comparison.aligned.samples(), format = comparison.format, hop = format.frameLength / 2
        var corrected = aligned
        for interval in intervals {
            let samples = interval.lowerBound * hop + format.edge
                ..< interval.upperBound * hop + format.frameLength + format.edge
            let delay = try delay(of: samples, aligned)
            for index in samples where index < corrected.count {
                corrected[index] = aligned[min(max(index + delay, 0), aligned.count - 1)]
            }
        }
        for interval in intervals {
            for frame in interval {
                comparison.analysis.analyze(corrected, at: format.edge + frame * hop, into: &degraded, frame: frame)
            }
            difference.measure(clean, &degraded, frames: interval)
        }
    }

    /// The delay at which the magnitudes correlate best; 0 where the correlation is under one half.
    private func delay(of samples: Range<Int>, _ aligned: [Double]) throws -> Int {
        let format = comparison.format, reach = Self.reach * format.frameLength
        let reference = comparison.reference.samples
        let first = format.edge, last = aligned.count - format.edge - 1
        var a = [Double](repeating: 0, count: samples.count + 2 * reach), b = a
        for index in a.indices {
            let position = samples.lowerBound - reach + index
            if samples.contains(position), position < reference.count { a[index] = abs(reference[position]) }
            b[index] = abs(aligned[min(max(position, first), last)])
        }
        let energy = (a.reduce(0) { $0 + $1 * $1 } * b.reduce(0) { $0 + $1 * $1 }).squareRoot()
        guard energy > 0 else { return 0 }
        let correlation = try PreciseTransform.crossCorrelation(a, b, longestLag: reach)
        var best = 0, height = 0.0
        for lag in -reach..<reach where abs(correlation[reach + lag]) / energy > height {
            (best, height) = (lag, abs(correlation[reach + lag]) / energy)
        }
        return height < 0.5 ? 0 : best
    }

    /// A frame stays bad where there are bad ones on both sides within two frames, itself included.
    private static func smeared(_ isBad: [Bool], last: Int) -> [Bool] {
        isBad.indices.map { frame in
            guard frame >= smear, frame < last - smear else { return false }
            return isBad[frame - smear...frame].contains(true) && isBad[frame...frame + smear].contains(true)
        }
    }

    private static func runs(_ flags: [Bool]) -> [Range<Int>] {
        var runs: [Range<Int>] = [], start: Int?
        for (index, flag) in flags.enumerated() {
            if flag, start == nil { start = index }
            if !flag, let first = start {
                runs.append(first..<index)
                start = nil
            }
        }
        return runs
    }
}
