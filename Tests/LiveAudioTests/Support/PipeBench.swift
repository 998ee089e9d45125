import AudioDSP
import Foundation
import LiveAudio
import Synchronization

/// A pump between two pipes of the system, fed and drained by threads of their own.
final class PipeBench {
    /// What came out, and how it ended.
    struct Outcome {
        var output: [UInt8]
        var report: StreamReport
    }

    var raw: PipeSource.RawLayout? = PipeSource.RawLayout(format: .s16le, sampleRate: 16_000, channels: 1)
    var latency = 0
    var compensates = false
    /// Bytes of each write into the pipe; the last one is used again and again.
    var writes = [65_536]
    /// Bytes after which the reader goes away.
    var readLimit = Int.max

    func run(_ input: [UInt8]) throws -> Outcome {
        signal(SIGPIPE, SIG_IGN)
        let (inside, outside) = (Pipe(), Pipe())
        let writer = inside.fileHandleForWriting.fileDescriptor, reader = outside.fileHandleForReading.fileDescriptor
        let (writes, readLimit) = (writes, readLimit)
        let collected = Mutex<[UInt8]>([])
        let threads = DispatchGroup()
        let handles = (inside.fileHandleForWriting, outside.fileHandleForReading)
        Thread.run(in: threads) {
            var done = 0, index = 0
            while done < input.count {
                let count = min(writes[min(index, writes.count - 1)], input.count - done)
                guard input[done..<done + count].withUnsafeBytes({ write(writer, $0.baseAddress!, count) }) == count else { break }
                done += count
                index += 1
            }
            try? handles.0.close()
        }
        Thread.run(in: threads) {
            var buffer = [UInt8](repeating: 0, count: 65_536), total = 0
            while total < readLimit {
                let count = read(reader, &buffer, min(buffer.count, readLimit - total))
                if count <= 0 { break }
                total += count
                collected.withLock { $0 += buffer[..<count] }
            }
            try? handles.1.close()
        }
        let result = Result { try pump(from: inside, to: outside) }
        try? inside.fileHandleForReading.close()
        try? outside.fileHandleForWriting.close()
        threads.wait()
        return Outcome(output: collected.withLock { $0 }, report: try result.get())
    }

    private func pump(from inside: Pipe, to outside: Pipe) throws -> StreamReport {
        let path = "/dev/fd/\(inside.fileHandleForReading.fileDescriptor)"
        let source = try PipeSource(SampleByteStream(path: path), raw: raw)
        let sink = PipeSink(
            descriptor: outside.fileHandleForWriting.fileDescriptor, name: "the pipe", format: source.format,
            sampleRate: source.sampleRate, channels: source.channels, header: source.header)
        var settings = StreamPump.Settings()
        settings.compensatesLatency = compensates
        let processor = DelayStream(sampleRate: source.sampleRate, channels: source.channels, latency: latency)
        return try StreamPump(from: source, through: processor, to: sink, settings).run()
    }
}

extension Thread {
    static func run(in group: DispatchGroup, _ body: @escaping @Sendable () -> Void) {
        group.enter()
        Thread {
            body()
            group.leave()
        }.start()
    }
}

/// The bytes of numbers, little-endian.
func bytes<T: FixedWidthInteger>(_ values: [T]) -> [UInt8] { values.map(\.littleEndian).withUnsafeBytes(Array.init) }
func bytes(_ values: [Float]) -> [UInt8] { bytes(values.map(\.bitPattern)) }

func shorts(_ bytes: [UInt8]) -> [Int16] {
    stride(from: 0, to: bytes.count - 1, by: 2).map { Int16(bitPattern: UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8) }
}

/// A WAV header as programs write it to a pipe.
func waveHeader(format tag: UInt16 = 1, bits: UInt16 = 16, channels: UInt16 = 1, rate: UInt32 = 16_000, extra: [UInt8] = [], dataLength: UInt32) -> [UInt8] {
    let frame = channels * bits / 8
    return Array("RIFF".utf8) + bytes([UInt32.max]) + Array("WAVEfmt ".utf8) + bytes([UInt32(16)])
        + bytes([tag, channels]) + bytes([rate, rate * UInt32(frame)]) + bytes([frame, bits]) + extra + Array("data".utf8) + bytes([dataLength])
}
