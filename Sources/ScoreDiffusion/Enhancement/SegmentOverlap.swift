/// Joins the results of a plan's segments, in order, into one signal without seams.
struct SegmentOverlap {
    private let plan: SegmentPlan
    private let fade: [Float]
    /// The last segment's result from the first shared sample on.
    private var tail: [Float] = []
    private var next = 0

    init(_ plan: SegmentPlan) {
        self.plan = plan
        fade = plan.fade()
    }

    /// Takes the next segment's result and returns the samples that no later segment changes.
    mutating func add(_ segment: [Float]) -> [Float] {
        precondition(segment.count == plan.range(next).count, "a result is as long as its segment")
        var segment = segment
        for (index, weight) in fade.enumerated() where next > 0 {
            segment[index] = tail[index] + weight * (segment[index] - tail[index])
        }
        let final = plan.finalEnd(next) - plan.range(next).lowerBound
        tail = Array(segment[final...])
        segment.removeSubrange(final...)
        next += 1
        return segment
    }
}
