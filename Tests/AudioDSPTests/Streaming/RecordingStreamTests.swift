import Foundation
import Testing

@testable import AudioDSP

@Suite struct RecordingStreamTests {
    /// Halves the input, late by `latency`.
    private final class Halving: StreamProcessor {
        let sampleRate = 16_000, chunkLength = 128
        let inputChannels: Int, outputChannels: Int, latency: Int
        private var line: [[Float]]

        init(channels: Int, latency: Int) {
            (inputChannels, outputChannels, self.latency) = (channels, channels, latency)
            line = Array(repeating: Array(repeating: 0, count: latency), count: channels)
        }

        func prepare() {}

        func process(_ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>) {
            for channel in line.indices {
                line[channel] += UnsafeBufferPointer(start: input + channel * chunkLength, count: chunkLength)
                for index in 0..<chunkLength { output[channel * chunkLength + index] = line[channel][index] / 2 }
                line[channel].removeFirst(chunkLength)
            }
        }

        func reset() { line = line.map { _ in Array(repeating: 0, count: latency) } }
    }

    private func signal(_ count: Int, rate: Int) -> [Float] {
        (0..<count).map { Float(sin(Double($0) * 2 * .pi * 440 / Double(rate)) * 0.5) }
    }

    private func run(_ stream: RecordingStream, _ sound: AudioBuffer, block: Int) throws -> [[Float]] {
        var result = sound.channels.map { _ in [Float]() }
        func take(_ part: AudioBuffer) { for channel in result.indices { result[channel] += part.channels[channel] } }
        for start in stride(from: 0, to: sound.frameCount, by: block) {
            let end = min(start + block, sound.frameCount)
            take(try stream.process(AudioBuffer(channels: sound.channels.map { Array($0[start..<end]) }, sampleRate: sound.sampleRate)))
        }
        take(try stream.finish())
        stream.reset()
        return result
    }

    @Test(arguments: [1, 127, 128, 129, 5_000], [0, 64, 300]) func asLongAndInTime(_ count: Int, _ latency: Int) throws {
        let sound = AudioBuffer(channels: [signal(count, rate: 16_000), signal(count, rate: 8_000)], sampleRate: 16_000)
        let stream = try RecordingStream(Halving(channels: 2, latency: latency), sampleRate: 16_000)
        let halves = sound.channels.map { $0.map { $0 / 2 } }
        for block in [1_000, 37] { #expect(try run(stream, sound, block: block) == halves) }
    }

    /// What was heard before changes neither length nor time.
    @Test(arguments: [0, 64, 300], [1, 500, 1_280]) func warmUp(_ latency: Int, _ heard: Int) throws {
        let sound = AudioBuffer(channels: [signal(3_000, rate: 16_000)], sampleRate: 16_000)
        let stream = try RecordingStream(Halving(channels: 1, latency: latency), sampleRate: 16_000)
        try stream.warmUp(AudioBuffer(channels: [Array(sound.channels[0].prefix(heard))], sampleRate: 16_000))
        #expect(try run(stream, sound, block: 700) == [sound.channels[0].map { $0 / 2 }])
    }

    @Test(arguments: [44_100, 48_000, 8_000, 22_050]) func anyRate(_ rate: Int) throws {
        let sound = AudioBuffer(channels: [signal(rate + 17, rate: rate)], sampleRate: rate)
        let stream = try RecordingStream(Halving(channels: 1, latency: 64), sampleRate: rate)
        let result = try run(stream, sound, block: 4_096)[0]
        #expect(result.count == rate + 17)
        let error = zip(result, sound.channels[0]).dropFirst(2_000).dropLast(2_000).map { abs($0 - $1 / 2) }.max() ?? 1
        #expect(error < 1e-3)
    }

    @Test func strengthMixesInTime() throws {
        let sound = AudioBuffer(channels: [signal(4_000, rate: 16_000)], sampleRate: 16_000)
        for (strength, gain) in [(Float(0), Float(1)), (0.5, 0.75), (1, 0.5)] {
            let stream = try RecordingStream(Halving(channels: 1, latency: 64), sampleRate: 16_000, strength: strength)
            let result = try run(stream, sound, block: 500)[0]
            #expect(zip(result, sound.channels[0]).allSatisfy { abs($0 - gain * $1) < 1e-6 })
        }
    }
}
