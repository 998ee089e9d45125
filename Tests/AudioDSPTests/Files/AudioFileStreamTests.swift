import AudioDSP
import Foundation
import Testing

/// Pipes and long files.
@Suite struct AudioFileStreamTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Feeds `bytes` to a named pipe in small pieces and runs `body` with its path.
    private func piped<Result>(_ bytes: [UInt8], body: (String) throws -> Result) throws -> Result {
        let path = folder.path("pipe-\(UUID().uuidString).wav")
        #expect(mkfifo(path, 0o600) == 0)
        let feeder = Thread {
            let descriptor = open(path, O_WRONLY)
            signal(SIGPIPE, SIG_IGN)
            var done = 0
            while done < bytes.count {
                let count = bytes[done..<min(done + 1_000, bytes.count)].withUnsafeBytes { write(descriptor, $0.baseAddress!, $0.count) }
                if count <= 0 { break }
                done += count
            }
            close(descriptor)
        }
        feeder.start()
        return try body(path)
    }

    @Test func wavComesThroughAPipe() throws {
        let samples = (0..<30_000).map { Int16(truncatingIfNeeded: $0 * 77) }
        let expected = samples.map { Float($0) / 32_768 }
        for claim in [nil, 0, UInt32.max, 0x7FFF_F000, 0x8000_0000] as [UInt32?] {
            var riff = RIFFBytes(size: claim)
            riff.format()
            riff.chunk("LIST", Array("INFO".utf8))
            riff.data(samples, claims: claim)
            let (sound, info) = try piped(riff.bytes) { path in
                let reader = try AudioFileReader(path: path)
                var sound = AudioBuffer(channels: [[]], sampleRate: 16_000)
                while let block = try reader.read(frames: 777) { sound.append(block) }
                return (sound, reader.info)
            }
            #expect(sound.channels == [expected], "data size \(claim.map(String.init) ?? "true")")
            #expect(info.warnings.isEmpty && info.frameCount == 30_000 && !info.isTruncated)
        }
    }

    @Test func aPipeThatBreaksOffIsTruncated() throws {
        var riff = RIFFBytes()
        riff.format()
        riff.data([Int16](repeating: 5, count: 16_000), claims: 160_000)
        let error = try piped(riff.bytes) { path in message { _ = try AudioFile.read(path) } }
        #expect(error?.hasSuffix("is truncated: header says 5.00 s, 1.00 s are there.") == true, "\(error ?? "")")
        let sound = try piped(riff.bytes) { try AudioFile.read($0, truncation: .accept) }
        #expect(sound.frameCount == 16_000)
    }

    @Test func whatFollowsTheSamplesInAPipeIsNoSound() throws {
        var riff = RIFFBytes()
        riff.format()
        riff.data([Int16](repeating: 5, count: 1_000))
        riff.chunk("LIST", [UInt8](repeating: 0x7F, count: 500))
        #expect(try piped(riff.bytes) { try AudioFile.read($0) }.frameCount == 1_000)
    }

    @Test(arguments: ["a.flac", "a.aiff", "a.caf", "a.w64", "a.au", "a.ogg"])
    func otherFormatsComeThroughAPipe(_ name: String) throws {
        let sound = AudioBuffer(channels: [tones(20_000, rate: 16_000)], sampleRate: 16_000)
        try AudioFile.write(sound, to: folder.path(name))
        let file = try AudioFile.read(folder.path(name))
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder.path(name))))
        #expect(try piped(bytes) { try AudioFile.read($0) } == file)
    }

    @Test func aPipeOfRubbishIsRefused() throws {
        let error = try piped([UInt8](repeating: 0, count: 100_000)) { path in message { _ = try AudioFile.read(path) } }
        #expect(error?.contains("nothing but zero bytes") == true)
    }

    @Test func wavGoesIntoAPipe() throws {
        let path = folder.path("out.wav")
        #expect(mkfifo(path, 0o600) == 0)
        let copy = folder.path("copy.wav")
        let done = DispatchSemaphore(value: 0)
        let drain = Thread {
            let data = FileHandle(forReadingAtPath: path)?.readDataToEndOfFile() ?? Data()
            try? data.write(to: URL(fileURLWithPath: copy))
            done.signal()
        }
        drain.start()
        let sound = AudioBuffer(channels: [onGrid(testNoise(50_000, seed: 9), bits: 16)], sampleRate: 16_000)
        try AudioFile.write(sound, to: path, format: .wav16)
        done.wait()
        #expect(try AudioFile.read(copy) == sound)
        #expect(try AudioFile.info(copy).warnings.isEmpty)
        let flac = message { try AudioFile.write(sound, to: "-", format: .init(.flac, .integer16)) }
        #expect(flac?.contains("cannot be written to a pipe") == true)
    }

    /// Three hours at 8 kHz take 86 MB on disk and would take 346 MB as samples in memory. In a process of its own,
    /// whose memory no other test uses.
    @Test func threeHoursInConstantMemory() async {
        await #expect(processExitsWith: .success) {
            let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).wav").path
            defer { unlink(path) }
            let seconds = 3 * 3_600, rate = 8_000
            let block = AudioBuffer(channels: [onGrid(testNoise(10 * rate, seed: 4), bits: 8)], sampleRate: rate)
            let writer = try AudioFileWriter(path: path, format: .init(.wav, .unsigned8), sampleRate: rate, channels: 1)
            for _ in 0..<seconds / 10 { try writer.write(block) }
            #expect(try writer.finish().frames == seconds * rate)
            let reader = try AudioFileReader(path: path)
            #expect(reader.info.duration == Double(seconds))
            var blocks = 0
            while let next = try reader.read(frames: 10 * rate) {
                if blocks % 200 == 0 { #expect(next == block) }
                blocks += 1
            }
            #expect(blocks == seconds / 10)
            // Not from getrusage, which counts the process that started this one too.
            let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
            let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") } ?? ""
            let kilobytes = try #require(line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) })
            #expect(kilobytes > 10 << 10 && kilobytes < 200 << 10, "\(kilobytes) kB")
        }
    }

    @Test func moreThanFourGigabytes() throws {
        let path = folder.path("huge.wav")
        let frames = 5_000_000_000
        var riff = RIFFBytes(form: "RF64", size: .max)
        let size = (0..<8).map { UInt8(truncatingIfNeeded: frames >> (8 * $0)) }
        riff.chunk("ds64", size + size + size + [0, 0, 0, 0])
        riff.format(bits: 8)
        riff.chunk("data", [], claims: .max)
        #expect(FileManager.default.createFile(atPath: path, contents: Data(riff.bytes)))
        #expect(truncate(path, off_t(riff.bytes.count + frames)) == 0)
        let info = try AudioFile.info(path)
        #expect(info.container == .rf64 && info.frameCount == frames && info.warnings.isEmpty && !info.isTruncated)
        #expect(truncate(path, off_t(riff.bytes.count + frames / 2)) == 0)
        #expect(try AudioFile.info(path).isTruncated)
    }
}
