/// Runs the model over one channel at the model's rate, segment by segment, as samples arrive.
struct ChannelEnhancer {
    /// A piece of the finished channel; all arrays have one length.
    struct Piece {
        /// What went in, its mean removed.
        var noisy: [Float] = []
        var enhanced: [Float] = []
        /// Powers of the model's highest band, before and behind it.
        var topBefore: [Float] = []
        var topAfter: [Float] = []
    }

    private let model: any SpeechModel
    private let profile: LevelProfile
    /// The number of its random numbers.
    private let channel: Int
    private let plan: SegmentPlan
    private let topBand: TopBandPower
    private var enhancedOverlap: SegmentOverlap
    private var beforeOverlap: SegmentOverlap
    private var afterOverlap: SegmentOverlap
    /// Samples from `pendingStart` on that a coming segment or piece needs.
    private var pending: [Float] = []
    private var pendingStart = 0
    private var segment = 0

    init(model: any SpeechModel, profile: LevelProfile, channel: Int, plan: SegmentPlan) {
        (self.model, self.profile, self.channel, self.plan) = (model, profile, channel, plan)
        topBand = TopBandPower(sampleRate: model.sampleRate)
        enhancedOverlap = SegmentOverlap(plan)
        (beforeOverlap, afterOverlap) = (enhancedOverlap, enhancedOverlap)
    }

    /// Takes the next samples, their mean not yet removed.
    mutating func append(_ samples: [Float]) {
        let mean = Float(profile.mean)
        pending.append(contentsOf: samples.lazy.map { $0 - mean })
    }

    /// Whether the next segment is complete.
    var isReady: Bool {
        segment < plan.count && pendingStart + pending.count >= plan.range(segment).upperBound
    }

    /// Cleans the next segment, which must be complete, and returns what became final.
    mutating func processSegment(
        steps: Int, seed: UInt64, turns: [NoiseTurn], onStep: (Int) throws -> Void
    ) throws -> Piece {
        precondition(isReady, "the segment must be complete")
        let range = plan.range(segment), finalEnd = plan.finalEnd(segment)
        let noisy = Array(pending[(range.lowerBound - pendingStart)..<(range.upperBound - pendingStart)])
        let nothing = [Float](repeating: 0, count: noisy.count)
        var result = Piece(enhanced: nothing, topBefore: nothing, topAfter: nothing)
        if !profile.isSilent, !noisy.isEmpty {
            let noise = SegmentNoise(seed: seed, channel: channel, start: range.lowerBound, turns: turns)
            result = try run(noisy, steps: steps, noise: noise, onStep: onStep)
        }
        segment += 1
        let kept = finalEnd - pendingStart
        let piece = Piece(
            noisy: Array(pending[..<kept]), enhanced: enhancedOverlap.add(result.enhanced),
            topBefore: beforeOverlap.add(result.topBefore), topAfter: afterOverlap.add(result.topAfter))
        pending.removeSubrange(..<kept)
        pendingStart = finalEnd
        return piece
    }

    /// What the model makes of a segment, without `noisy`.
    private func run(
        _ noisy: [Float], steps: Int, noise: SegmentNoise, onStep: (Int) throws -> Void
    ) throws -> Piece {
        let gains = profile.gains(from: noise.start, count: noisy.count, sampleRate: model.sampleRate)
        let leveled = zip(noisy, gains).map { $0 * $1 }
        // Without whole frames at the recording's end a single window's vanishing tail would carry its last samples.
        let alignment = model.preparation == .leveled ? model.frameAlignment : 1
        let missing = (alignment - leveled.count % alignment) % alignment
        let filled = leveled + [Float](repeating: 0, count: missing)
        var enhanced = try model.enhance(filled, steps: steps, noise: noise, onStep: onStep)
        precondition(enhanced.count == filled.count, "a model keeps the length")
        enhanced.removeLast(missing)
        guard enhanced.allSatisfy(\.isFinite) else { throw EnhancementError.modelOverflow }
        silence(&enhanced, where: leveled)
        let (before, after) = (topBand(leveled), topBand(enhanced))
        for index in enhanced.indices { enhanced[index] /= gains[index] }
        return Piece(enhanced: enhanced, topBefore: before, topAfter: after)
    }

    /// Digital silence stays silent: the result fades out where the input's variance over 32 ms lies 90 dB below the
    /// level, and is zero 10 dB further down. A constant counts as silence.
    private func silence(_ enhanced: inout [Float], where leveled: [Float]) {
        let samples = leveled.map(Double.init), reach = model.sampleRate * 16 / 1000
        let means = movingAverage(samples, reach: reach)
        let squares = movingAverage(samples.map { $0 * $0 }, reach: reach)
        for index in enhanced.indices {
            let variance = squares[index] - means[index] * means[index]
            if variance < 1e-9 { enhanced[index] *= Float(max(0, (variance - 1e-10) / 9e-10)) }
        }
    }
}
