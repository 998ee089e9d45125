import AudioMetrics
import Foundation
import Testing

@Suite struct FilteredDistortionTests {
    @Test func filtersAreFree() throws {
        let pair = try #require(MetricPair.all.first)
        let delayed = [Float](repeating: 0, count: 200) + pair.clean.dropLast(200).map { -0.25 * $0 }
        #expect(try FilteredDistortion.sdr(reference: pair.clean, estimate: delayed).value! > 20)
        #expect(try FilteredDistortion.sdr(reference: pair.clean, estimate: pair.clean.map { -$0 }).value == .infinity)
    }

    @Test func tonesAndShortSignalsHaveAnswers() throws {
        let tone = (0..<8000).map { Float(sin(0.3 * Double($0))) }
        let shifted = (0..<8000).map { Float(sin(0.3 * Double($0) + 1)) }
        #expect(try FilteredDistortion.sdr(reference: tone, estimate: shifted).value! > 20)
        for count in 1...5 {
            let value = try FilteredDistortion.sdr(
                reference: Array(tone.dropFirst().prefix(count)), estimate: Array(shifted.prefix(count)))
            #expect(value.value?.isNaN == false, "\(count) samples")
        }
        #expect(try FilteredDistortion.sdr(reference: [], estimate: []) == .undefined(.tooShort(samples: 0, needed: 1)))
    }
}
