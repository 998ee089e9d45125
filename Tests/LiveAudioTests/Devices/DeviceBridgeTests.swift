import Testing

@testable import LiveAudio

@Suite struct DeviceBridgeTests {
    @Test(arguments: [0, 77]) func everyFrameInOrder(_ latency: Int) throws {
        let device = try FakeDevice(block: 64, margin: 256, latency: latency)
        for _ in 0..<100 {
            device.tick()
            try device.work()
        }
        let sound = device.played.drop { $0 == 0 }
        #expect(sound.first == 1 && sound.count == 6_400 - 256 - latency)
        #expect(zip(sound, sound.dropFirst()).allSatisfy { $1 == $0 + 1 })
        #expect(device.latency == 256 + latency && device.bridge.lateFrames == 0 && device.bridge.droppedFrames == 0)
    }

    /// Work that pauses up to the margin is not heard.
    @Test func pauseWithinTheMargin() throws {
        let device = try FakeDevice(block: 64, margin: 256)
        for round in 0..<100 {
            device.tick()
            if round % 4 == 3 || round < 2 { try device.work() }
        }
        #expect(device.bridge.lateFrames == 0 && device.latency == 256)
    }

    /// Overload: silence, then as much is left out, and the latency is what was stated.
    @Test(arguments: [5, 17, 200]) func latencyReturns(_ blocks: Int) throws {
        let device = try FakeDevice(block: 64, margin: 256)
        for _ in 0..<20 {
            device.tick()
            try device.work()
        }
        for _ in 0..<blocks { device.tick() }
        #expect(device.bridge.lateFrames == (blocks - 4) * 64)
        for _ in 0..<20 {
            try device.work()
            device.tick()
        }
        #expect(device.latency == 256)
        #expect(device.bridge.lateFrames == device.bridge.droppedFrames)
        // In order all the same: a jump, no repetition.
        let sound = device.played.filter { $0 > 0 }
        #expect(zip(sound, sound.dropFirst()).allSatisfy { $1 > $0 })
        #expect(sound.suffix(500) == (0..<500).map { sound.last! - 499 + Float($0) }[...])
    }

    /// Work that is always too slow loses sound and does not get later and later.
    @Test func foreverTooSlow() throws {
        let device = try FakeDevice(block: 64, margin: 256)
        for round in 0..<1_000 {
            device.tick()
            if round % 8 == 0 { try device.work() }
            if let latency = device.latency { #expect(latency <= 256 + 8 * 64) }
        }
        #expect(device.bridge.droppedFrames > 10_000)
    }

    /// A queue that overflows makes the way shorter; silence makes it as long as it was.
    @Test func overflow() throws {
        let device = try FakeDevice(block: 64, margin: 256, capacity: 512)
        for _ in 0..<10 {
            device.tick()
            try device.work()
        }
        for _ in 0..<50 { device.tick() }
        #expect(device.bridge.droppedFrames > 2_000)
        for _ in 0..<20 {
            try device.work()
            device.tick()
        }
        #expect(device.latency == 256)
    }

    /// Two devices with clocks of their own: what waits stays within its bounds, without a frame late at every turn.
    @Test(arguments: [63, 65]) func driftingClocks(_ output: Int) throws {
        let device = try FakeDevice(block: 64, margin: 512)
        for _ in 0..<5_000 {
            device.tick(output: output)
            try device.work()
            let waiting = device.bridge.captured.count + device.bridge.played.count
            #expect(waiting < 512 + 4 * 64)
        }
        let corrected = device.bridge.lateFrames + device.bridge.droppedFrames
        #expect(corrected > 4_000 && corrected < 6_000)
        if output > 64 { #expect(device.played.suffix(20_000).split(separator: 0).count < 100) }
    }

    @Test func queueBetweenTwoThreads() async {
        let ring = SampleRing(channels: 2, capacity: 300)
        async let sum = Task.detached {
            var expected: Float = 0, buffer = [Float](repeating: 0, count: 2 * 97)
            while expected < 100_000 {
                let count = ring.read(into: &buffer, count: 97)
                for index in 0..<count {
                    guard buffer[2 * index] == expected, buffer[2 * index + 1] == -expected else { return false }
                    expected += 1
                }
                if count == 0 { await Task.yield() }
            }
            return true
        }.value
        var next: Float = 0
        while next < 100_000 {
            let block = (0..<min(61, 100_000 - Int(next))).flatMap { [next + Float($0), -next - Float($0)] }
            let count = ring.write(block, count: block.count / 2)
            next += Float(count)
            if count == 0 { await Task.yield() }
        }
        #expect(await sum)
    }
}
