import AudioDSP
import Foundation
import NeuralCore
import TestSupport
import Testing

/// Every file of the reference set has the outcome that its manifest names.
@Suite struct AudioFileManifestTests {
    @Test(arguments: ManifestEntry.sound)
    func soundFile(_ item: ManifestEntry) throws {
        let expected = item.entry["libsndfile"], debian = item.entry["libsndfile_debian_c"]
        guard expected["opened"].bool == true else {
            let error = try #require(message { _ = try AudioFile.read(item.path) })
            #expect(error.contains(item.path) && error.contains("ffmpeg -i"), "\(error)")
            return
        }
        let info = try AudioFile.info(item.path)
        let sound = try AudioFile.read(item.path)
        #expect(info.sampleRate == debian["fs"].int)
        #expect(info.channels == debian["channels"].int)
        #expect(info.frameCount == debian["read_frames"].int)
        #expect(sound.frameCount == debian["read_frames"].int)
        #expect(!info.isTruncated)

        // Lossless samples are exact to the last float bit; the manifest's doubles may be finer than a float.
        let tolerance = item.entry["lossless"].bool == true ? 0 : 1e-3
        let first = (expected["first"].array ?? []).compactMap(\.array)
        #expect(first.count == min(4, sound.frameCount))
        for (frame, values) in first.enumerated() {
            for (channel, value) in values.enumerated() {
                let wanted = Float(try #require(value.double))
                #expect(abs(Double(sound.channels[channel][frame] - wanted)) <= tolerance, "frame \(frame), channel \(channel)")
            }
        }
        if sound.frameCount > 0 {
            for (channel, value) in (expected["last"].array ?? []).enumerated() {
                let wanted = Float(try #require(value.double))
                #expect(abs(Double(sound.channels[channel][sound.frameCount - 1] - wanted)) <= tolerance, "last frame")
            }
            let all = sound.channels.flatMap { $0.map(Double.init) }
            let peak = all.reduce(0) { max($0, abs($1)) }
            let rms = (all.reduce(0) { $0 + $1 * $1 } / Double(all.count)).squareRoot()
            #expect(abs(peak - (try #require(expected["peak"].double))) <= max(tolerance, 1e-7))
            #expect(abs(rms - (try #require(expected["rms"].double))) <= max(tolerance, 1e-7))
        }
    }

    @Test(arguments: ManifestEntry.sound)
    func blocksGiveTheWhole(_ item: ManifestEntry) throws {
        guard item.entry["libsndfile"]["opened"].bool == true else { return }
        let whole = try AudioFile.read(item.path)
        for block in [1, 37, 480, 4_096, 100_000] {
            let reader = try AudioFileReader(path: item.path)
            var sound = AudioBuffer(channels: whole.channels.map { _ in [] }, sampleRate: whole.sampleRate)
            while let next = try reader.read(frames: block) {
                #expect(next.frameCount == block || sound.frameCount + next.frameCount == whole.frameCount)
                sound.append(next)
            }
            #expect(sound == whole, "blocks of \(block)")
        }
    }

    @Test(arguments: ManifestEntry.broken)
    func brokenFile(_ item: ManifestEntry) throws {
        let should = try #require(item.entry["should"].string)
        let mayRefuse = should.contains("refuse"), mayAccept = should.contains("accept") || should.contains("0 frames") || should.contains("replace") || should.contains("read as")
        let start = threadTime()
        defer { #expect(threadTime() - start < 2, "it took \(threadTime() - start) s of processor time") }
        do {
            let reader = try AudioFileReader(path: item.path, truncation: .accept)
            var frames = 0
            var inspection = SampleInspection()
            while let block = try reader.read(frames: 256) {
                frames += block.frameCount
                inspection.inspect(block)
                try #require(frames < 1_000_000)
            }
            #expect(mayAccept, "accepted with \(frames) frames, should: \(should)")
            #expect(reader.info.frameCount == frames)
            let numbers = should.matches(of: /(\d+) frames/).compactMap { Int($0.1) }
                + should.matches(of: /\((\d+)\)/).compactMap { Int($0.1) }
            let decoded = item.entry["libsndfile_debian_c"]["read_frames"].int
            #expect(numbers.contains(frames) || (numbers.isEmpty && frames == decoded) || frames == decoded, "\(frames) frames, should: \(should)")
            let isTold = !reader.info.warnings.isEmpty || inspection.warning != nil || inspection.nonFiniteCount > 0
            if should.contains("warn"), !(should.contains("0 frames or") && frames == 0) { #expect(isTold, "no warning, should: \(should)") }
            if reader.info.isTruncated {
                let error = try #require(message { _ = try AudioFile.read(item.path) }, "truncated, yet read without --allow-truncated")
                #expect(error.contains(item.path))
            }
            if should.contains("NaN") || item.description.hasPrefix("inf") {
                let error = try #require(message { try inspection.requireFinite(path: item.path) })
                #expect(error.contains(" at 0.00"), "\(error)")
            }
        } catch let error as AudioFileError {
            #expect(mayRefuse, "\(error.localizedDescription) Should: \(should)")
            #expect(error.localizedDescription.contains(item.path))
            #expect(!error.localizedDescription.contains("\n"))
        }
    }
}
