/// The overlapping stretches of an utterance of which each gives a vector.
public struct PartialUtterances: Sendable, Equatable {
    /// Feature frames in a stretch: 1.6 s.
    public var frameCount = 160
    /// Stretches that begin in a second.
    public var rate = 1.3
    /// The part of the last stretch that must be sound for it to count.
    public var minimumCoverage = 0.75

    public init() {}

    /// Feature frames from one beginning to the next.
    public var step: Int {
        let step = (Double(SpeakerFeatures.sampleRate) / rate / Double(SpeakerFeatures.hopLength)).rounded(.toNearestOrEven)
        return max(1, Int(step))
    }

    /// The stretches of a signal of `sampleCount` samples in feature frames. The last may reach beyond the signal,
    /// which is then continued by silence.
    public func ranges(sampleCount: Int) -> [Range<Int>] {
        let hop = SpeakerFeatures.hopLength
        let frames = (sampleCount + 1 + hop - 1) / hop
        var ranges = stride(from: 0, to: max(1, frames - frameCount + step + 1), by: step).map { $0..<$0 + frameCount }
        if ranges.count > 1, let last = ranges.last {
            let coverage = Double(sampleCount - last.lowerBound * hop) / Double(frameCount * hop)
            if coverage < minimumCoverage { ranges.removeLast() }
        }
        return ranges
    }
}
