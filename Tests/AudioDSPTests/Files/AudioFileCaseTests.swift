import AudioDSP
import Foundation
import Testing

/// Files that other programs are known to hang on, crash on or misread.
@Suite struct AudioFileCaseTests {
    let folder: TemporaryFolder
    let tone = tones(80_000, rate: 16_000)

    init() throws { folder = try TemporaryFolder() }

    private func refusal(_ path: String) throws -> String {
        try #require(message { _ = try AudioFile.read(path, truncation: .accept) })
    }

    // C01
    @Test func aListThatClaimsFourGigabytes() throws {
        var riff = RIFFBytes()
        riff.format()
        let filler = [UInt8](repeating: 0x41, count: 60)
        riff.chunk("LIST", Array("INFO".utf8) + Array("ISFT".utf8) + RIFFBytes.u32(0xFFFF_FFF0) + filler)
        let path = try folder.write(riff.bytes, as: "hang.wav")
        let start = threadTime()
        #expect(try refusal(path) == "\(path): chunk ISFT claims 4294967280 bytes, 60 are there.")
        #expect(threadTime() - start < 2)
    }

    // C02
    @Test func headersThatOverflow() throws {
        let samples = [Int16](repeating: 1_000, count: 64)
        var files: [(RIFFBytes, String)] = []
        for form in ["RIFF", "RF64"] {
            var twice = RIFFBytes(form: form)
            if form == "RF64" { twice.chunk("ds64", [UInt8](repeating: 0, count: 28)) }
            twice.format(channels: 1)
            twice.format(channels: 255)
            twice.data(samples)
            files.append((twice, "two fmt chunks"))
        }
        var empty = RIFFBytes()
        empty.chunk("fmt ", [])
        empty.data(samples)
        files.append((empty, "fmt chunk has 0 bytes"))
        var overflow = RIFFBytes()
        overflow.format(channels: 2, rate: 0x8000_0000)
        overflow.data(samples)
        files.append((overflow, "sample rate 2147483648 Hz is outside"))
        var wide = RIFFBytes()
        wide.format(tag: 3, channels: 1_024, rate: 768_000, bits: 64)
        wide.data(samples)
        files.append((wide, "768000 Hz x 1024 channels"))
        for (index, (riff, words)) in files.enumerated() {
            let path = try folder.write(riff.bytes, as: "bad\(index).wav")
            let error = try refusal(path)
            #expect(error.contains(path) && error.contains(words), "\(error)")
        }
    }

    // C04
    @Test func formatLimitsAreKnownBeforeAnyWork() throws {
        let cases: [(String, Int, Int, String)] = [
            ("o.ogg", 384_000, 1, "Ogg Vorbis holds at most 200 kHz: write .wav or give --rate"),
            ("o.ogg", 44_100, 256, "Ogg Vorbis holds at most 255 channels, not 256"),
            ("o.flac", 44_100, 9, "FLAC holds at most 8 channels, not 9"),
            ("o.flac", 705_600, 1, "FLAC holds at most 655,350 Hz"),
            ("o.flac", 88_201, 1, "in steps of 10 Hz"),
            ("o.opus", 44_100, 1, "resample to 48000 Hz"),
            ("o.mp3", 44_100, 6, "MP3 holds at most 2 channels"),
            ("o.wav", 900_000, 1, "outside 1 kHz to 768 kHz"),
            ("o.wav", 44_100, 0, "0 channels"),
        ]
        for (name, rate, channels, words) in cases {
            let path = folder.path(name)
            let error = message {
                _ = try AudioFileWriter(path: path, format: .matching(outputPath: path), sampleRate: rate, channels: channels)
            }
            #expect(error?.contains(words) == true, "\(error ?? "no error") for \(name)")
        }
        #expect(folder.names.isEmpty)
        let opus = try AudioFileFormat.matching(outputPath: "o.opus")
        #expect(try opus.supportedSampleRate(for: 44_100) == 48_000)
        #expect(try opus.supportedSampleRate(for: 16_000) == 16_000)
        #expect(try opus.supportedSampleRate(for: 96_000) == 48_000)
        #expect(throws: AudioFileError.self) { try AudioFileFormat.matching(outputPath: "o.ogg").supportedSampleRate(for: 384_000) }
    }

    /// The limits are those of the libraries: what is within them opens.
    @Test(arguments: [("a.ogg", 200_000, 1), ("a.ogg", 44_100, 255), ("a.flac", 655_350, 8), ("a.flac", 65_535, 1), ("a.opus", 48_000, 255), ("a.mp3", 8_000, 2), ("a.wav", 768_000, 1), ("a.wav", 8_000, 1_024), ("a.w64", 8_000, 1_024), ("a.caf", 8_000, 1_024), ("a.aiff", 384_000, 64), ("a.au", 768_000, 16)])
    func theLargestPossible(name: String, rate: Int, channels: Int) throws {
        let sound = AudioBuffer(channels: Array(repeating: tones(2_000, rate: rate), count: channels), sampleRate: rate)
        try AudioFile.write(sound, to: folder.path(name))
        let back = try AudioFile.read(folder.path(name))
        #expect(back.channels.count == channels && back.sampleRate == rate && back.frameCount >= 2_000)
    }

    // C06
    @Test func unreadFormatsAreNamedWithTheCommandThatConvertsThem() throws {
        let rest = testNoise(1_000, seed: 5).map { UInt8(truncatingIfNeeded: Int($0 * 127)) }
        let starts: [(String, [UInt8], String)] = [
            ("talk.m4a", [0, 0, 0, 32] + Array("ftypM4A ".utf8), "is AAC in MP4"),
            ("talk.wma", [0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11], "is WMA (ASF)"),
            ("talk.amr", Array("#!AMR\n".utf8), "is AMR"),
            ("talk.aac", [0xFF, 0xF1, 0x50, 0x80], "is AAC (ADTS)"),
            ("talk.webm", [0x1A, 0x45, 0xDF, 0xA3] + Array("....webm".utf8), "is WebM"),
            ("talk.mkv", [0x1A, 0x45, 0xDF, 0xA3] + Array("matroska".utf8), "is Matroska"),
        ]
        for (name, bytes, words) in starts {
            let path = try folder.write(bytes + rest, as: name)
            let error = try refusal(path)
            #expect(error == "\(path) \(words), which audiotool does not read. Convert: ffmpeg -i \(path) talk.wav")
        }
        let spaced = try folder.write(starts[0].1 + rest, as: "my talk's.m4a")
        #expect(try refusal(spaced).hasSuffix("Convert: ffmpeg -i '\(spaced.replacingOccurrences(of: "'", with: "'\\''"))' 'my talk'\\''s.wav'"))
    }

    // C07
    @Test func bitDepthsAreReadAndKept() throws {
        let sound = AudioBuffer(channels: [onGrid(Array(tone[..<4_000]), bits: 8)], sampleRate: 44_100)
        for encoding in [SampleEncoding.unsigned8, .integer16, .integer24, .integer32, .float32, .float64] {
            for isExtensible in [false, true] {
                var format = AudioFileFormat(.wav, encoding)
                format.isExtensible = isExtensible
                format.channelMask = isExtensible ? 4 : nil
                try AudioFile.write(sound, to: folder.path("in.wav"), format: format)
                let info = try AudioFile.info(folder.path("in.wav"))
                let output = try AudioFileFormat.matching(outputPath: "out.wav", input: info)
                #expect(output.encoding == encoding && output.isExtensible == isExtensible && output.channelMask == format.channelMask)
                #expect(output.note(for: info) == nil)
                #expect(try AudioFile.read(folder.path("in.wav")) == sound)
                let flac = try AudioFileFormat.matching(outputPath: "out.flac", input: info)
                #expect(flac.encoding == ([.unsigned8, .integer16].contains(encoding) ? .integer16 : .integer24))
            }
        }
        try AudioFile.write(sound, to: folder.path("in.ogg"))
        let info = try AudioFile.info(folder.path("in.ogg"))
        let output = try AudioFileFormat.matching(outputPath: "out.wav", input: info)
        #expect(output.encoding == .integer16)
        #expect(output.note(for: info) == "Vorbis input: written as 16-bit WAV")
    }

    // C08
    @Test func chunksAroundTheSamplesAreNoSamples() throws {
        let samples = (0..<501).map { Int16($0 * 13 - 3_000) }
        let expected = samples.map { Float($0) / 32_768 }
        let bext = [UInt8](repeating: 0x20, count: 602) + [7]
        let info = Array("INFO".utf8) + Array("ISFT".utf8) + RIFFBytes.u32(5) + Array("maker".utf8) + [0]
        for layout in 0..<5 {
            var riff = RIFFBytes()
            if layout == 1 { riff.chunk("bext", bext) }
            riff.format()
            if layout == 0 { riff.chunk("LIST", info) }
            if layout == 2 { riff.chunk("JUNK", [1, 2, 3], pads: true) }
            if layout == 3 { riff.chunk("bext", bext, pads: false) }
            riff.data(samples)
            if layout == 4 {
                riff.chunk("LIST", info)
                riff.chunk("odd ", [9, 9, 9])
            }
            let path = try folder.write(riff.bytes, as: "layout\(layout).wav")
            #expect(try AudioFile.read(path).channels == [expected], "layout \(layout)")
            let input = try AudioFile.info(path)
            #expect(input.frameCount == 501 && input.warnings.isEmpty, "layout \(layout): \(input.warnings)")

            let kept = try AudioFileFormat.matching(outputPath: "o.wav", input: input)
            try AudioFile.write(AudioFile.read(path), to: folder.path("o.wav"), format: kept)
            let output = try AudioFile.info(folder.path("o.wav"))
            #expect(output.metadata.chunks == input.metadata.chunks && output.frameCount == 501)
            let dropped = try AudioFileFormat.matching(outputPath: "o.flac", input: input).droppedMetadata
            #expect(dropped == [["LIST"], ["bext"], [], ["bext"], ["LIST"]][layout])
        }
    }

    // C09
    @Test func aFileThatBreaksOff() throws {
        let path = folder.path("whole.wav")
        try AudioFile.write(AudioBuffer(channels: [tone], sampleRate: 16_000), to: path)
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        let cut = try folder.write(Array(bytes[..<(44 + 95_361)]), as: "cut.wav")
        let error = message { _ = try AudioFile.read(cut) }
        #expect(error == "\(cut) is truncated: header says 5.00 s, 2.98 s are there.")
        let info = try AudioFile.info(cut)
        #expect(info.isTruncated && info.frameCount == 47_680)
        #expect(info.warnings == ["truncated: header says 5.00 s, 2.98 s are there"])
        #expect(try AudioFile.read(cut, truncation: .accept).channels[0] == onGrid(Array(tone[..<47_680]), bits: 16))
    }

    /// A download that broke off: the Xing header, or a frame cut in two, shows it.
    @Test func anMP3ThatBreaksOff() throws {
        let path = folder.path("whole.mp3")
        try AudioFile.write(AudioBuffer(channels: [tone, tone], sampleRate: 16_000), to: path)
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        #expect(try !AudioFile.info(path).isTruncated)
        let cut = try folder.write(Array(bytes[..<(bytes.count / 2)]), as: "cut.mp3")
        #expect(message { _ = try AudioFile.read(cut) }?.contains("is truncated") == true)
        let there = try AudioFile.read(cut, truncation: .accept)
        #expect((30_000...45_000).contains(there.frameCount), "\(there.frameCount)")

        let tags = Array("TAG".utf8) + [UInt8](repeating: 0x20, count: 125)
        let tagged = try folder.write(Array("ID3".utf8) + [3, 0, 0, 0, 0, 0, 10] + [UInt8](repeating: 0, count: 10) + bytes + tags, as: "tagged.mp3")
        #expect(try AudioFile.read(tagged) == AudioFile.read(path))
        #expect(try AudioFile.info(tagged).warnings.isEmpty)
    }

    // C18
    @Test func loudSoundNeverWraps() throws {
        let loud = tone.map { max(-4, min(4, $0 * 8)) }
        let over = loud.count { abs($0) > 1 }
        #expect(over > 0)
        let report = try AudioFile.write(AudioBuffer(channels: [loud], sampleRate: 16_000), to: folder.path("o.wav"))
        #expect(report.limitedSamples == over)
        let back = try AudioFile.read(folder.path("o.wav")).channels[0]
        for (sample, written) in zip(loud, back) where abs(sample) > 0.001 { #expect((sample > 0) == (written > 0)) }
    }

    // C21
    @Test func notANumberIsLocated() throws {
        var samples = tone
        samples[8_000] = .nan
        let bytes = samples.flatMap { RIFFBytes.u32($0.bitPattern) }
        var riff = RIFFBytes()
        riff.format(tag: 3, bits: 32)
        riff.chunk("data", bytes)
        let path = try folder.write(riff.bytes, as: "nan.wav")
        let inspection = try AudioFile.inspect(path)
        #expect(message { try inspection.requireFinite(path: path) } == "\(path): NaN at 0.500 s (1 of 80,000 samples).")
        samples[8_000] = 1e30
        try AudioFile.write(AudioBuffer(channels: [samples], sampleRate: 16_000), to: path, format: .wavFloat)
        #expect(try AudioFile.inspect(path).warning == "peak 1.0e+30 is far above full scale (1.0)")
        samples[8_000] = 21_340
        try AudioFile.write(AudioBuffer(channels: [samples], sampleRate: 16_000), to: path, format: .wavFloat)
        #expect(try AudioFile.inspect(path).warning == "peak 21340 is far above full scale (1.0): is this 16-bit data?")
    }

    @Test func placesThatAreNoFiles() throws {
        #expect(message { _ = try AudioFile.read(folder.path("none.wav")) } == "There is no file at \(folder.path("none.wav")).")
        #expect(message { _ = try AudioFile.read(folder.url.path) } == "\(folder.url.path) is a folder, not an audio file.")
        try FileManager.default.createSymbolicLink(atPath: folder.path("a.wav"), withDestinationPath: folder.path("b.wav"))
        try FileManager.default.createSymbolicLink(atPath: folder.path("b.wav"), withDestinationPath: folder.path("a.wav"))
        #expect(message { _ = try AudioFile.read(folder.path("a.wav")) }?.contains("symbolic links") == true)
    }
}
