import Foundation
import NeuralCore
import TestSupport
import Testing

@testable import TargetSpeech

@Suite struct PartialUtterancesTests {
    /// The stored ranges of many lengths, at the published rate and two others.
    @Test func rangesMatchReference() throws {
        let tables = Fixture.referenceFolders.map { $0.appendingPathComponent("dvector/slices.json") }
            .filter { FileManager.default.fileExists(atPath: $0.path) }
        try #require(!tables.isEmpty)
        for table in tables {
            let values = try JSONValue(parsing: [UInt8](Data(contentsOf: table)))
            var partials = PartialUtterances()
            partials.minimumCoverage = try #require(values["min_coverage"].double)
            partials.rate = try #require(values["rate"].double)
            try expectRanges(partials, values["slices"])
            for rate in values["other_rates"].object?.keys ?? [] {
                partials.rate = try #require(Double(rate))
                try expectRanges(partials, values["other_rates"][rate])
            }
        }
    }

    private func expectRanges(_ partials: PartialUtterances, _ table: JSONValue) throws {
        let lengths = table.object?.keys ?? []
        try #require(!lengths.isEmpty)
        for length in lengths {
            let ranges = partials.ranges(sampleCount: try #require(Int(length)))
            #expect(ranges.map { [$0.lowerBound, $0.upperBound] } == table[length].array?.map { $0.ints }, "\(length) samples")
        }
    }
}
