/// Finds the utterances of the reference and where each of them is in the estimate: first by the envelopes, then by
/// the fine structure, then by trying whether halves fit better.
struct UtteranceAlignment {
    let format: PESQFormat
    /// Samples in both signals without the tail.
    let count: Int
    let activity: SpeechActivity
    let envelopes: EnvelopeAlignment
    let correlator: WindowCorrelator
    /// The delay of the whole recording by the envelopes, in samples.
    let crudeDelay: Int

    /// Shorter stretches of speech, in blocks, are no utterances.
    private static let shortest = 50

    /// - Returns: Nil where no utterance is found.
    static func align(
        _ reference: PESQInput, _ estimate: PESQInput, format: PESQFormat
    ) throws -> [PESQ.Utterance]? {
        let alignment = try UtteranceAlignment(reference, estimate, format: format)
        let found = try alignment.search()
        guard !found.isEmpty else { return nil }
        return try alignment.split(alignment.bounded(found))
    }

    private init(_ reference: PESQInput, _ estimate: PESQInput, format: PESQFormat) throws {
        let (clean, degraded) = PESQInput.forAlignment(reference, estimate, format: format)
        self.format = format
        count = clean.count
        activity = SpeechActivity(clean, block: format.block)
        envelopes = EnvelopeAlignment(
            reference: activity.envelope, estimate: SpeechActivity(degraded, block: format.block).envelope)
        correlator = try WindowCorrelator(
            reference: clean.samples, estimate: degraded.samples, length: format.alignmentLength)
        crudeDelay = try envelopes.lag() * format.block
    }

    /// The utterances with their delays; their bounds are those of the speech in the reference.
    private func search() throws -> [PESQ.Utterance] {
        let margin = PESQFormat.edgeBlocks, blocks = activity.power.count
        return try speech().map { run in
            let range = max(0, run.lowerBound - margin)..<min(blocks - 1, run.upperBound + margin)
            let estimate = try envelopes.lag(in: range, offset: crudeDelay / format.block) * format.block + crudeDelay
            let (delay, confidence) = fineDelay(in: range, estimate: estimate)
            return PESQ.Utterance(
                start: run.lowerBound, end: run.upperBound, delay: delay, delayEstimate: estimate,
                confidence: confidence)
        }
    }

    /// Runs of active blocks that are long enough and that the estimate can hold.
    private func speech() -> [Range<Int>] {
        let blocks = activity.power.count, last = blocks - 1
        let earliest = Self.shortest - crudeDelay / format.block
        let latest = (count - crudeDelay) / format.block - Self.shortest
        var runs: [Range<Int>] = [], start: Int?
        for (index, power) in activity.power.enumerated() {
            if power > 0, start == nil { start = index }
            guard power <= 0 || index == last, let first = start else { continue }
            start = nil
            if index - first >= Self.shortest, first < latest, index > earliest { runs.append(first..<index) }
        }
        return runs
    }

    /// The delay by windows every quarter of their length over the blocks of `range`.
    private func fineDelay(in range: Range<Int>, estimate: Int) -> (delay: Int, confidence: Double) {
        var histogram = DelayHistogram(windowLength: correlator.length)
        var start = max(range.lowerBound * format.block, -estimate)
        let last = min(count - estimate, range.upperBound * format.block) - correlator.length
        while start <= last {
            correlator.vote(at: start, delay: estimate, in: &histogram)
            start += correlator.length / 4
        }
        let (offset, confidence) = histogram.peak
        return (estimate + offset, confidence)
    }

    /// Utterances that touch each other and stay inside both signals.
    private func bounded(_ found: [PESQ.Utterance]) -> [PESQ.Utterance] {
        var utterances = found
        let edge = PESQFormat.edgeBlocks, block = format.block, last = utterances.count - 1
        utterances[0].start = edge
        utterances[last].end = activity.power.count - edge
        for index in utterances.indices.dropFirst() {
            let middle = (utterances[index].start + utterances[index - 1].end) / 2
            utterances[index].start = middle
            utterances[index - 1].end = middle
        }
        keepStartInside(&utterances[0])
        if utterances[last].end * block + 1 + utterances[last].delay > count - format.edge + 1 {
            utterances[last].end = (count - utterances[last].delay) / block - edge
        }
        for index in utterances.indices.dropFirst() {
            let start = utterances[index].start * block + utterances[index].delay
            let end = utterances[index - 1].end * block + utterances[index - 1].delay
            guard start < end else { continue }
            let middle = (start + end) / 2
            utterances[index].start = (block - 1 + middle - utterances[index].delay) / block
            utterances[index - 1].end = (middle - utterances[index - 1].delay) / block
        }
        return utterances
    }

    /// Moves the start to where the estimate begins.
    func keepStartInside(_ utterance: inout PESQ.Utterance) {
        let edge = PESQFormat.edgeBlocks
        if (utterance.start - edge) * format.block + utterance.delay < 0 {
            utterance.start = edge + (format.block - 1 - utterance.delay) / format.block
        }
    }
}
