import AudioDSP
import Foundation
import LiveAudio
import Testing

/// CASES C30, C31: raw and WAV streams of any length through pipes.
@Suite struct PipeStreamTests {
    private let ramp = (0..<50_000).map { Int16(truncatingIfNeeded: $0 &* 31) }

    @Test(arguments: [[65_536], [1], [3, 5, 7, 4_096], [2, 2_047]]) func anyWriteSizes(_ writes: [Int]) throws {
        let bench = PipeBench(), input = Array(ramp.prefix(writes == [1] ? 3_000 : 50_000))
        (bench.writes, bench.latency) = (writes, 129)
        let outcome = try bench.run(bytes(input))
        #expect(outcome.report.ending == .endOfInput)
        #expect(outcome.report.framesIn == input.count && outcome.report.framesOut == input.count)
        #expect(outcome.report.latencyFrames == 129)
        #expect(shorts(outcome.output) == Array(repeating: 0, count: 129) + input.dropLast(129))
    }

    @Test(arguments: [50_000, 500, 100]) func compensatedLatency(_ count: Int) throws {
        let bench = PipeBench(), input = Array(ramp.prefix(count))
        (bench.latency, bench.compensates) = (333, true)
        let outcome = try bench.run(bytes(input))
        #expect(outcome.report.framesOut == count && outcome.report.latencyFrames == 0)
        #expect(shorts(outcome.output) == input)
    }

    @Test func endInMidFrame() throws {
        let bench = PipeBench()
        bench.raw?.channels = 2
        let outcome = try bench.run(bytes(Array(ramp.prefix(1_000))) + [1, 2, 3])
        #expect(outcome.report.trailingBytes == 3 && outcome.report.framesOut == 500)
        #expect(shorts(outcome.output) == Array(ramp.prefix(1_000)))
    }

    @Test func readerThatGoesAway() throws {
        let bench = PipeBench()
        bench.readLimit = 10_000
        let outcome = try bench.run(bytes(ramp + ramp + ramp + ramp + ramp))
        #expect(outcome.report.ending == .outputClosed)
        #expect(outcome.report.framesIn >= 5_000 && outcome.report.framesIn < 250_000)
        #expect(shorts(outcome.output) == Array(ramp.prefix(5_000)))
    }

    @Test func numbersThatAreNone() throws {
        let bench = PipeBench()
        bench.raw?.format = .f32le
        var samples = [Float](repeating: 0.25, count: 1_000)
        (samples[3], samples[700], samples[999]) = (.nan, .infinity, -.infinity)
        let outcome = try bench.run(bytes(samples))
        #expect(outcome.report.nonFiniteSamples == 3)
        (samples[3], samples[700], samples[999]) = (0, 0, 0)
        #expect(outcome.output == bytes(samples))
    }

    /// Integers stored as floats, and integers taken for floats.
    @Test func integersTakenForFloats() throws {
        let bench = PipeBench()
        bench.raw?.format = .f32le
        for input in [bytes(ramp.map(Float.init)), bytes((0..<8_000).map { Int32($0 * 7_919 - 1 << 24) &* 64 })] {
            let error = try #require(throws: LiveAudioError.self) { try bench.run(input) }
            #expect(error.localizedDescription.contains("--format"), "\(error)")
        }
        // A few loud samples are no reason to stop.
        let loud = (0..<1_000).map { Float($0 % 50 == 0 ? 40 : 0.1) }
        #expect(try bench.run(bytes(loud)).output == bytes(loud))
    }

    @Test(arguments: [UInt32.max, 0, 0x7FFF_FFFF, 0x8000_0000]) func waveWithoutLength(_ length: UInt32) throws {
        let bench = PipeBench()
        bench.raw = nil
        let list = Array("junk".utf8) + bytes([UInt32(4_000)]) + Array(repeating: 7, count: 4_000)
        let outcome = try bench.run(waveHeader(channels: 2, rate: 44_100, extra: list, dataLength: length) + bytes(ramp))
        #expect(outcome.report.framesOut == 25_000 && outcome.report.sampleRate == 44_100)
        #expect(outcome.output.prefix(44) == waveHeader(channels: 2, rate: 44_100, dataLength: .max)[...])
        #expect(shorts(Array(outcome.output.dropFirst(44))) == ramp)
    }

    @Test func whatFollowsTheDataIsNoSound() throws {
        let bench = PipeBench()
        bench.raw = nil
        let input = waveHeader(dataLength: 100_000) + bytes(ramp) + Array("LIST".utf8) + bytes([UInt32(400)]) + Array(repeating: 77, count: 400)
        let outcome = try bench.run(input)
        #expect(outcome.report.framesOut == 50_000 && outcome.report.trailingBytes == 0)
    }

    @Test func floatWave() throws {
        let bench = PipeBench()
        bench.raw = nil
        let samples = (0..<4_000).map { Float($0) / 4_000 - 0.5 }
        let outcome = try bench.run(waveHeader(format: 3, bits: 32, dataLength: .max) + bytes(samples))
        #expect(Array(outcome.output.suffix(16_000)) == bytes(samples))
    }

    @Test func streamsThatNobodyCanRead() throws {
        let bench = PipeBench()
        bench.raw = nil
        #expect(throws: LiveAudioError.emptyStream(stream: "")) {
            do { try _ = bench.run([]) } catch LiveAudioError.emptyStream { throw LiveAudioError.emptyStream(stream: "") }
        }
        let error = try #require(throws: LiveAudioError.self) { try bench.run(bytes(ramp)) }
        #expect(error.localizedDescription.contains("--format"))
        let law = try #require(throws: AudioFileError.self) { try bench.run(waveHeader(format: 7, bits: 8, dataLength: .max) + [1, 2, 3]) }
        #expect(law.localizedDescription.contains("mu-law"))
    }

    /// Compressed sound is refused even where raw samples are announced: it would be loud noise.
    @Test(arguments: [true, false]) func compressedStreams(_ isAnnouncedAsRaw: Bool) throws {
        let bench = PipeBench()
        if !isAnnouncedAsRaw { bench.raw = nil }
        for (start, name) in [("fLaC", "FLAC"), ("OggS", "Ogg"), ("ID3\u{4}", "MP3")] {
            let error = try #require(throws: LiveAudioError.self) { try bench.run(Array(start.utf8) + bytes(ramp)) }
            #expect(error.localizedDescription.contains("is \(name),"))
        }
    }

    /// What is there is handed on before anything else comes, after the four bytes that tell WAV from raw samples.
    @Test func nothingIsHeldBack() throws {
        let (inside, outside) = (Pipe(), Pipe())
        let source = try PipeSource(
            SampleByteStream(path: "/dev/fd/\(primed(inside, [7, 8]))"), raw: .init(format: .s16le, sampleRate: 16_000, channels: 1))
        let sink = PipeSink(
            descriptor: outside.fileHandleForWriting.fileDescriptor, name: "pipe", format: .s16le, sampleRate: 16_000, channels: 1)
        let group = DispatchGroup()
        nonisolated(unsafe) let pump = try StreamPump(from: source, through: DelayStream(), to: sink)
        Thread.run(in: group) { _ = try? pump.run() }
        for value in 7..<20 {
            if value > 8 { inside.fileHandleForWriting.write(Data(bytes([Int16(value)]))) }
            let start = Date()
            #expect(shorts([UInt8](outside.fileHandleForReading.readData(ofLength: 2))) == [Int16(value)])
            #expect(Date().timeIntervalSince(start) < 2)
        }
        try inside.fileHandleForWriting.close()
        group.wait()
    }

    private func primed(_ pipe: Pipe, _ samples: [Int16]) -> Int32 {
        pipe.fileHandleForWriting.write(Data(bytes(samples)))
        return pipe.fileHandleForReading.fileDescriptor
    }

    @Test func stopWhileNothingComesAndNobodyReads() throws {
        let (inside, outside) = (Pipe(), Pipe())
        let fillers = [Int16](repeating: 1, count: 30_000)
        let source = try PipeSource(
            SampleByteStream(path: "/dev/fd/\(primed(inside, fillers))"), raw: .init(format: .f64le, sampleRate: 16_000, channels: 1))
        outside.fileHandleForWriting.write(Data(count: 40_000))
        let deadline = Date() + 1
        let sink = PipeSink(
            descriptor: outside.fileHandleForWriting.fileDescriptor, name: "pipe", format: .f64le, sampleRate: 16_000, channels: 1
        ) { Date() > deadline }
        let report = try StreamPump(from: source, through: DelayStream(), to: sink).run { Date() > deadline }
        #expect(report.ending == .stopped && report.framesIn > 1_000)
        #expect(Date().timeIntervalSince(deadline) < 5)
    }

    @Test func fileGetsItsLength() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("audiotool-\(UUID().uuidString).wav").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let bench = try #require(FileHandle(forWritingAtPath: makeFile(path)))
        let sink = PipeSink(
            descriptor: bench.fileDescriptor, name: path, format: .u8, sampleRate: 8_000, channels: 1,
            header: try header(of: waveHeader(bits: 8, rate: 8_000, dataLength: .max)))
        let samples: [Float] = [0, 0.5, -0.5]
        #expect(try sink.write(samples, count: 3))
        try sink.finish()
        let sound = try AudioFile.read(path)
        #expect(sound.channels == [samples] && sound.sampleRate == 8_000)
    }

    private func makeFile(_ path: String) -> String {
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        return path
    }

    private func header(of bytes: [UInt8]) throws -> WaveStreamHeader? {
        let pipe = Pipe()
        pipe.fileHandleForWriting.write(Data(bytes))
        return try SampleByteStream(path: "/dev/fd/\(pipe.fileHandleForReading.fileDescriptor)").header
    }

    /// Ten minutes at full speed: every frame is there, and in its place.
    @Test func tenMinutes() throws {
        let bench = PipeBench(), count = 600 * 16_000
        (bench.latency, bench.writes) = (191, [4_093, 8_192, 70_001])
        let input = bytes((0..<count).map { Int16(truncatingIfNeeded: $0 &* 40_503 >> 8) })
        let outcome = try bench.run(input)
        #expect(outcome.report.framesIn == count && outcome.report.framesOut == count)
        #expect(outcome.output.count == input.count)
        #expect(outcome.output.suffix(400_000) == input.dropLast(2 * 191).suffix(400_000))
    }
}
