import TestSupport
import Testing

@testable import ScoreDiffusion

@Suite struct SegmentPlanTests {
    static let lengths = [0, 1, 255, 1_000, 8_000, 8_001, 8_257, 9_000, 15_872, 16_000, 40_001, 123_457]

    @Test(arguments: lengths) func segmentsCoverEverything(_ length: Int) {
        let plan = SegmentPlan(length: length, longest: 8_000, overlap: 1_024, alignment: 256)
        #expect(plan.starts.first == 0)
        #expect(plan.starts.allSatisfy { $0 % 256 == 0 })
        #expect(plan.range(plan.count - 1).upperBound == length)
        for index in 0..<plan.count {
            #expect(plan.range(index).count <= 8_000)
            guard index > 0 else { continue }
            #expect(plan.range(index - 1).upperBound - plan.range(index).lowerBound == 1_024)
            // Also the last segment has sound of its own, and never much less than the others.
            #expect(plan.range(index).count > 4_000)
        }
        #expect(plan.count == 1 || length > 8_000)
    }

    /// Segments that agree where they overlap give back the signal; what is returned early is final.
    @Test(arguments: lengths) func overlapRestoresTheSignal(_ length: Int) {
        let plan = SegmentPlan(length: length, longest: 8_000, overlap: 1_024, alignment: 256)
        let signal = testNoise(length)
        var overlap = SegmentOverlap(plan)
        var result: [Float] = []
        for index in 0..<plan.count {
            result += overlap.add(Array(signal[plan.range(index)]))
            #expect(result.count == plan.finalEnd(index))
        }
        expectClose(result, signal, absolute: 1e-7)
    }

    @Test func fadeLeavesTheOuterPartsAlone() {
        let fade = SegmentPlan(length: 100_000, longest: 8_000, overlap: 1_024, alignment: 256).fade()
        #expect(fade.count == 1_024)
        #expect(fade[..<256].allSatisfy { $0 == 0 })
        #expect(fade[768...].allSatisfy { $0 == 1 })
        for index in 0..<1_024 {
            #expect(abs(fade[index] + fade[1_023 - index] - 1) < 1e-6)
            if index > 0 { #expect(fade[index] >= fade[index - 1]) }
        }
    }
}
