import Foundation
import AudioDSP
import NeuralCore
import TestSupport
import Testing

@Suite struct ResamplerParityTests {
    @Test(arguments: Fixture.all(in: "dsp/resample"))
    func samplesAreThoseOfLibsoxr(_ fixture: Fixture) throws {
        let cases = try required(fixture.config["cases"].array)
        #expect(!cases.isEmpty)
        for entry in cases {
            let (from, to) = (try required(entry["rate_in"].int), try required(entry["rate_out"].int))
            let name = try required(entry["quality"].string)
            let quality: Resampler.Quality = name == "VHQ" ? .veryHigh : .high
            let input = try fixture.floats("\(from)to\(to).in")
            let expected = try fixture.floats("\(from)to\(to).\(name)")
            let output = try Resampler.resample(input, from: from, to: to, quality: quality)
            #expect(output.count == entry["frames_out"].int)
            expectClose(output, expected, absolute: 1e-7, "\(from) to \(to), \(name)")

            for block in [1, 256, 5_000] {
                let stream = try StreamingResampler(from: from, to: to, channels: 2, quality: quality)
                var streamed: [[Float]] = [[], []]
                for start in stride(from: 0, to: input.count, by: block) {
                    let piece = Array(input[start..<min(start + block, input.count)])
                    let result = try stream.process([piece, piece.map { -$0 }])
                    for channel in 0..<2 { streamed[channel] += result[channel] }
                }
                let rest = try stream.flush()
                for channel in 0..<2 { streamed[channel] += rest[channel] }
                #expect(streamed[0] == output, "blocks of \(block)")
                #expect(streamed[1] == output.map { -$0 }, "blocks of \(block)")
            }
        }
    }

    @Test(arguments: Fixture.all(in: "dsp/resample"))
    func lengthsFollowTheRule(_ fixture: Fixture) throws {
        let table = try required(fixture.config["lengths_python_debian"].object)
        #expect(!table.keys.isEmpty)
        for key in table.keys {
            let rates = key.components(separatedBy: "to").compactMap { Int($0) }
            let lengths = try required(table[key]?.object)
            for frames in lengths.keys {
                let count = try required(Int(frames))
                let expected = try required(lengths[frames]?[0].int)
                #expect(Resampler.frameCount(for: count, from: rates[0], to: rates[1]) == expected)
                let output = try Resampler.resample([Float](repeating: 0.5, count: count), from: rates[0], to: rates[1])
                #expect(output.count == expected, "\(key): \(count) frames")
            }
        }
    }
}
