import AudioDSP
import Foundation
import TestSupport
import Testing

/// What is written is read back: exactly for linear formats, closely for lossy ones.
@Suite struct AudioFileRoundTripTests {
    struct Case: Sendable, CustomStringConvertible {
        var name: String, encoding: SampleEncoding, container: AudioContainer
        var description: String { "\(name) \(encoding.rawValue)" }
    }

    static let exact: [Case] = {
        let all: [(String, AudioContainer, [SampleEncoding])] = [
            ("a.wav", .wav, [.unsigned8, .integer16, .integer24, .integer32, .float32, .float64]),
            ("a.aiff", .aiff, [.signed8, .integer16, .integer24, .integer32, .float32, .float64]),
            ("a.au", .au, [.signed8, .integer16, .integer24, .integer32, .float32, .float64]),
            ("a.caf", .caf, [.signed8, .integer16, .integer24, .integer32, .float32, .float64]),
            ("a.w64", .wave64, [.unsigned8, .integer16, .integer24, .integer32, .float32, .float64]),
            ("a.flac", .flac, [.integer16, .integer24]),
        ]
        return all.flatMap { name, container, encodings in encodings.map { Case(name: name, encoding: $0, container: container) } }
    }()

    @Test(arguments: exact)
    func linearSamplesComeBackBitExactly(_ item: Case) throws {
        let folder = try TemporaryFolder()
        for (channels, rate, frames) in [(1, 8_000, 1), (1, 16_000, 5_001), (2, 44_100, 10_007), (6, 48_000, 333), (8, 96_000, 100)] {
            let bits = item.encoding.integerBits.map { min($0, 24) }
            let sound = AudioBuffer(
                channels: (0..<channels).map { channel in
                    let samples = testNoise(frames, seed: UInt64(channel + 1))
                    return bits.map { onGrid(samples, bits: $0) } ?? samples.map { $0 * 1.7 }
                }, sampleRate: rate)
            for isExtensible in item.container == .wav ? [false, true] : [false] {
                var format = AudioFileFormat(item.container, item.encoding)
                format.isExtensible = isExtensible
                let report = try AudioFile.write(sound, to: folder.path(item.name), format: format)
                #expect(report.frames == frames && report.limitedSamples == 0)
                let info = try AudioFile.info(folder.path(item.name))
                #expect(info.container == item.container && info.encoding == item.encoding && info.isExtensible == isExtensible)
                #expect(info.frameCount == frames && info.warnings.isEmpty, "\(info.warnings)")
                #expect(try AudioFile.read(folder.path(item.name)) == sound, "\(channels) channels at \(rate) Hz")
                #expect(try FileManager.default.attributesOfItem(atPath: folder.path(item.name))[.size] as? Int == report.byteCount)
            }
        }
        #expect(folder.names == [item.name])
    }

    @Test func everySixteenBitValueSurvives() throws {
        let folder = try TemporaryFolder()
        let samples = (Int(Int16.min)...Int(Int16.max)).map { Float($0) / 32_768 }
        for name in ["a.wav", "a.flac", "a.aiff"] {
            let sound = AudioBuffer(channels: [samples], sampleRate: 16_000)
            let report = try AudioFile.write(sound, to: folder.path(name))
            #expect(report.limitedSamples == 0)
            #expect(try AudioFile.read(folder.path(name)) == sound)
        }
    }

    /// The signal-to-noise ratio of tones after a codec at its default quality: Vorbis and Opus code no waveform.
    @Test(arguments: [("a.ogg", 44_100, 2, 20.0), ("a.ogg", 16_000, 1, 20.0), ("a.opus", 48_000, 2, 15.0), ("a.opus", 16_000, 1, 15.0), ("a.mp3", 44_100, 2, 20.0)])
    func lossyFormatsAreClose(name: String, rate: Int, channels: Int, decibels: Double) throws {
        let folder = try TemporaryFolder()
        let sound = AudioBuffer(channels: (0..<channels).map { tones(rate, rate: rate, phase: Double($0)) }, sampleRate: rate)
        let report = try AudioFile.write(sound, to: folder.path(name))
        #expect(report.frames == rate)
        let back = try AudioFile.read(folder.path(name))
        #expect(back.sampleRate == rate && back.channels.count == channels)
        #expect(back.frameCount == rate)
        for channel in 0..<channels {
            let span = rate / 10..<min(back.frameCount, rate) - rate / 10
            let signal = span.reduce(0.0) { $0 + pow(Double(sound.channels[channel][$1]), 2) }
            let error = span.reduce(0.0) { $0 + pow(Double(sound.channels[channel][$1] - back.channels[channel][$1]), 2) }
            #expect(10 * log10(signal / error) > decibels, "channel \(channel): \(10 * log10(signal / error)) dB")
        }
    }

    @Test(arguments: ["a.wav", "a.aiff", "a.au", "a.caf", "a.w64", "a.flac", "a.ogg", "a.opus"])
    func nothingIsAValidSound(_ name: String) throws {
        let folder = try TemporaryFolder()
        let report = try AudioFile.write(AudioBuffer(channels: [[]], sampleRate: 16_000), to: folder.path(name))
        #expect(report.frames == 0)
        let info = try? AudioFile.info(folder.path(name))
        if let info {
            #expect(info.frameCount ?? 0 == 0)
            #expect(try AudioFile.read(folder.path(name)).frameCount == 0)
        } else {
            // A FLAC or Ogg stream without a frame is refused by its decoder, in words.
            #expect(message { _ = try AudioFile.info(folder.path(name)) }?.contains(name) == true)
        }
    }

    @Test func blocksOfAnySizeGiveTheSameFile() throws {
        let folder = try TemporaryFolder()
        let sound = AudioBuffer(channels: [testNoise(20_000, seed: 1), testNoise(20_000, seed: 2)], sampleRate: 44_100)
        for name in ["a.wav", "a.flac", "a.aiff"] {
            try AudioFile.write(sound, to: folder.path(name))
            let whole = try AudioFile.read(folder.path(name))
            for block in [1, 480, 4_097] {
                let writer = try AudioFileWriter(path: folder.path(name), format: .matching(outputPath: name), sampleRate: 44_100, channels: 2)
                for start in stride(from: 0, to: 20_000, by: block) {
                    try writer.write(AudioBuffer(channels: sound.channels.map { Array($0[start..<min(start + block, 20_000)]) }, sampleRate: 44_100))
                }
                _ = try writer.finish()
                #expect(try AudioFile.read(folder.path(name)) == whole, "\(name) in blocks of \(block)")
            }
        }
    }
}
