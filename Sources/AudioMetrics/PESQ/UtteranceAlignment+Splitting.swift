extension UtteranceAlignment {
    /// More utterances than this are not split further.
    private static let mostUtterances = 50
    /// Shorter speech, in blocks, is not split.
    private static let shortestToSplit = 200

    /// Cuts utterances in two where the delay changes within them, again and again.
    func split(_ whole: [PESQ.Utterance]) throws -> [PESQ.Utterance] {
        var utterances = whole, index = 0
        while index < utterances.count {
            guard utterances.count < Self.mostUtterances, let halves = try halves(of: utterances[index]) else {
                index += 1
                continue
            }
            utterances.replaceSubrange(index...index, with: halves)
        }
        return utterances
    }

    /// Two utterances that are both found with more confidence than the whole, or nil.
    private func halves(of utterance: PESQ.Utterance) throws -> [PESQ.Utterance]? {
        let speech = speech(in: utterance)
        guard speech.count >= Self.shortestToSplit else { return nil }
        let points = cuttingPoints(in: speech)
        let before = try found(points.map { min(utterance.start, $0)..<$0 }, utterance, backwards: false) { _ in true }
        let after = try found(points.map { $0..<max($0, utterance.end) }, utterance, backwards: true) {
            before[$0].confidence > utterance.confidence
        }
        var best: (index: Int, confidence: Double)?
        for index in points.indices {
            let sum = before[index].confidence + after[index].confidence
            if abs(after[index].delay - before[index].delay) >= format.block,
                min(before[index].confidence, after[index].confidence) > utterance.confidence,
                sum > best?.confidence ?? 0
            {
                best = (index, sum)
            }
        }
        guard let best = best?.index else { return nil }
        return cut(utterance, at: points[best], before[best], after[best])
    }

    private struct Found {
        var estimate = 0
        var delay = 0
        var confidence = 0.0
    }

    /// From the first block with speech to behind the last.
    private func speech(in utterance: PESQ.Utterance) -> Range<Int> {
        var start = utterance.start, end = utterance.end
        func isSilent(_ block: Int) -> Bool { !activity.power.indices.contains(block) || activity.power[block] <= 0 }
        while start < utterance.end, isSilent(start) { start += 1 }
        while end > utterance.start, isSilent(end) { end -= 1 }
        return start..<max(start, end + 1)
    }

    /// At most 40 blocks, evenly over the middle of the speech.
    private func cuttingPoints(in speech: Range<Int>) -> [Int] {
        let unit = correlator.length / (4 * format.block)
        let step = Int((0.801 * Double(speech.count) + Double(40 * unit - 1)) / Double(40 * unit)) * unit
        let margin = max(75, speech.count / 10)
        var points = [speech.lowerBound + margin]
        while points.count < 40, let next = points.last.map({ $0 + step }), next <= speech.upperBound - margin {
            points.append(next)
        }
        return points
    }

    /// The delay in each of `ranges`, which grow (forwards) or shrink (backwards) at one end.
    ///
    /// Ranges with one estimate of the delay share their windows: each adds to the votes of the one within it.
    private func found(
        _ ranges: [Range<Int>], _ utterance: PESQ.Utterance, backwards: Bool, where isWanted: (Int) -> Bool
    ) throws -> [Found] {
        var result = try ranges.map { range in
            let lag = try envelopes.lag(in: range, offset: utterance.delayEstimate / format.block)
            return Found(estimate: lag * format.block + utterance.delayEstimate)
        }
        let order = backwards ? Array(ranges.indices.reversed()) : Array(ranges.indices)
        let wanted = order.filter(isWanted)
        for estimate in Set(wanted.map { result[$0].estimate }) {
            var histogram = DelayHistogram(windowLength: correlator.length)
            var start = backwards
                ? min(utterance.end * format.block, count - estimate) - correlator.length
                : max(utterance.start * format.block, -estimate)
            for index in wanted where result[index].estimate == estimate {
                let range = ranges[index].lowerBound * format.block..<ranges[index].upperBound * format.block
                while fits(start, estimate, range, backwards: backwards) {
                    correlator.vote(at: start, delay: estimate, in: &histogram)
                    start += backwards ? -correlator.length / 4 : correlator.length / 4
                }
                let (offset, confidence) = histogram.peak
                result[index].delay = estimate + offset
                result[index].confidence = confidence
            }
        }
        return result
    }

    private func fits(_ start: Int, _ delay: Int, _ range: Range<Int>, backwards: Bool) -> Bool {
        guard start + delay >= 0, start + delay + correlator.length <= count, start >= 0 else { return false }
        return backwards ? start >= range.lowerBound : start + correlator.length <= range.upperBound
    }

    private func cut(
        _ utterance: PESQ.Utterance, at point: Int, _ before: Found, _ after: Found
    ) -> [PESQ.Utterance] {
        // What the estimate lacks or repeats is shared between the two.
        let overlap = after.delay < before.delay ? 0 : (after.delay - before.delay) / (2 * format.block)
        var first = PESQ.Utterance(
            start: utterance.start, end: point + overlap, delay: before.delay, delayEstimate: before.estimate,
            confidence: before.confidence)
        var second = PESQ.Utterance(
            start: point - overlap, end: utterance.end, delay: after.delay, delayEstimate: after.estimate,
            confidence: after.confidence)
        keepStartInside(&first)
        if second.end * format.block + second.delay > count - format.edge {
            second.end = (count - second.delay) / format.block - PESQFormat.edgeBlocks
        }
        first.end = min(first.end, activity.power.count)
        second.start = max(second.start, 0)
        return [first, second]
    }
}
