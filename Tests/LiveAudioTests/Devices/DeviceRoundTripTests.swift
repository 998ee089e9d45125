import Foundation
import LiveAudio
import Testing

/// Sound through a virtual device, from a client that plays into its microphone to one that records its loudspeaker.
@Suite(.serialized, .enabled(if: SoundServer.isInstalled, "\(SoundServer.absence)")) struct DeviceRoundTripTests {
    private static let rate = 16_000

    @Test func everyFrameInOrder() throws {
        let server = try SoundServer(sampleRate: Self.rate)
        // ALSA asks for it whenever a device is opened.
        setenv("ALSA_CONFIG_PATH", server.alsaConfiguration, 1)
        defer { unsetenv("ALSA_CONFIG_PATH") }
        let stream = try open()
        let isDone = Flag()
        nonisolated(unsafe) let pump = try StreamPump(
            from: DeviceSource(stream.bridge, name: "microphone", sampleRate: Self.rate), through: DelayStream(latency: 50),
            to: DeviceSink(stream.bridge, name: "loudspeaker", sampleRate: Self.rate) { isDone.isSet })
        try stream.start()
        let group = DispatchGroup()
        Thread.run(in: group) { _ = try? pump.run { isDone.isSet } }

        // Values that float32 holds exactly and that no two neighbours share: 2 s.
        let signal = (1...2 * Self.rate).map { Float($0) * 0x1p-16 }
        let (input, output) = (server.folder.appendingPathComponent("in"), server.folder.appendingPathComponent("out"))
        // The server loses some of a stream's first block.
        let silence = [Float](repeating: 0, count: Self.rate / 2)
        try Data(bytes(silence + signal + silence)).write(to: input)
        let format = ["--rate=\(Self.rate)", "--channels=1", "--format=float32le"]
        let recording = try server.client("parec", ["--device=loudspeaker.monitor"] + format, output: output)
        let deadline = Date() + 20
        while pump.monitor.framesOut < Self.rate / 2, Date() < deadline { usleep(50_000) }
        let playing = try server.client("pacat", ["--playback", "--device=microphone"] + format, input: input)
        playing.wait(seconds: 20)
        usleep(1_500_000)
        recording.end()
        try stream.requireAlive()
        isDone.set()
        group.wait()

        let heard = try Data(contentsOf: output).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }.filter { $0 != 0 }
        let report = pump.report
        #expect(heard.first == signal.first && heard.last == signal.last)
        let steps = zip(heard, heard.dropFirst()).map { ($1 - $0) * 0x1p16 }
        #expect(steps.allSatisfy { $0 > 0 }, "in order, none twice")
        // A machine that is too busy for its margin may lose frames, and then says how many.
        #expect(signal.count - heard.count <= report.droppedFrames, "\(signal.count - heard.count) lost, \(report)")
        #expect(report.latencyFrames == 50 + stream.settings.margin)
    }

    @Test func vanishedDevice() throws {
        let server = try SoundServer(sampleRate: Self.rate)
        setenv("ALSA_CONFIG_PATH", server.alsaConfiguration, 1)
        defer { unsetenv("ALSA_CONFIG_PATH") }
        let stream = try open()
        try stream.start()
        let deadline = Date() + 20
        while stream.bridge.callbackCounts.input == 0, Date() < deadline { usleep(20_000) }
        try stream.requireAlive()
        server.stop()
        var failure: (any Error)?
        while failure == nil, Date() < deadline + 20 {
            usleep(50_000)
            do { try stream.requireAlive() } catch { failure = error }
        }
        #expect(failure as? LiveAudioError == .deviceVanished(name: "test_microphone or test_loudspeaker"))
    }

    private func open() throws -> DeviceStream {
        let system = try AudioSystem()
        return try DeviceStream(
            system, input: .init(system.device("test_microphone", for: .input), channels: 1),
            output: .init(system.device("test_loudspeaker", for: .output), channels: 1),
            .init(sampleRate: Self.rate, buffer: 0.2))
    }
}

/// A request to stop.
private final class Flag: @unchecked Sendable {
    private let lock = NSLock()
    private var value = false

    var isSet: Bool { lock.withLock { value } }
    func set() { lock.withLock { value = true } }
}
