import AudioDSP
import Testing

@Suite struct RoomTests {
    @Test func impossibleRoomsAreRefused() throws {
        #expect(throws: SignalError.self) {
            try ShoeboxRoom(dimensions: [0, 3, 3], absorption: .init(0.2), maximumOrder: 1)
        }
        #expect(throws: SignalError.self) {
            try ShoeboxRoom(dimensions: [4, .nan, 3], absorption: .init(0.2), maximumOrder: 1)
        }
        #expect(throws: SignalError.self) {
            try ShoeboxRoom(dimensions: [4, 3, 3], absorption: .init(1.2), maximumOrder: 1)
        }
        #expect(throws: SignalError.self) {
            try ShoeboxRoom(dimensions: [4, 3, 3], absorption: .init(0.2), maximumOrder: 100_000)
        }
        for time in [0, -1, .nan, .infinity, 0.01, 1_000] {
            #expect(throws: SignalError.self) { try ShoeboxRoom(reverberationTime: time, dimensions: [5, 4, 3]) }
        }
        let room = try ShoeboxRoom(dimensions: [4, 3, 3], absorption: .init(0.2), maximumOrder: 1)
        #expect(throws: SignalError.self) { try room.response(from: [5, 1, 1], to: [1, 1, 1], sampleRate: 16_000) }
        #expect(throws: SignalError.self) { try room.response(from: [1, 1, 1], to: [1, 1, 1], sampleRate: 16_000) }
        #expect(throws: SignalError.self) { try room.response(from: [1, 1, 1], to: [1, 1, 2], sampleRate: 0) }
        #expect(throws: SignalError.self) {
            try room.response(from: [1, 1, 1], to: [1, 1, 2], sampleRate: 8_000, highPass: 5_000)
        }
    }

    /// T30 lies within 20 % of the time wanted: Sabine's formula assumes diffuse sound, which a box has not.
    @Test(arguments: [0.3, 0.5])
    func soundDecaysInTheTimeWanted(_ time: Double) throws {
        let room = try ShoeboxRoom(reverberationTime: time, dimensions: [6, 5, 3])
        let response = try room.response(from: [1.3, 2.2, 1.6], to: [4.1, 3.3, 1.3], sampleRate: 16_000, highPass: 10)
        let measured = try #require(
            DecayCurve(response.samples, sampleRate: 16_000).reverberationTime())
        #expect(abs(measured / time - 1) < 0.2, "\(measured) s instead of \(time) s")
    }

    @Test func aDurationOnlyLeavesLateImagesOut() throws {
        let room = try ShoeboxRoom(reverberationTime: 0.4, dimensions: [5, 4, 3])
        let whole = try room.response(from: [1, 1, 1], to: [3, 2, 1.5], sampleRate: 16_000)
        let short = try room.response(from: [1, 1, 1], to: [3, 2, 1.5], sampleRate: 16_000, duration: 0.2)
        #expect(short.samples.count <= 3_200 + 82)
        #expect(short.samples.count > 3_100)
        for index in 0..<3_100 { #expect(abs(whole.samples[index] - short.samples[index]) < 1e-6) }
        let direct = try room.response(from: [1, 1, 1], to: [3, 2, 1.5], sampleRate: 16_000, duration: 0)
        #expect(direct.directIndex == whole.directIndex)
        #expect(direct.samples.contains { $0 > 0 })
    }

    @Test func aResponseThatWouldFillTheMemoryIsRefused() throws {
        let hall = try ShoeboxRoom(dimensions: [9_000, 9_000, 9_000], absorption: .init(0.2), maximumOrder: 120)
        #expect(throws: SignalError.self) {
            try hall.response(from: [10, 10, 10], to: [20, 20, 20], sampleRate: 48_000)
        }
        let start = try hall.response(from: [10, 10, 10], to: [20, 20, 20], sampleRate: 48_000, duration: 0.2)
        #expect(start.samples.count < 9_700)
    }

    @Test func airTakesHighFrequencies() throws {
        let air = AirAbsorption.indoor
        #expect(air.coefficient(at: 0) == 0.1e-3)
        #expect(abs(air.coefficient(at: 4_000) - 5.8e-3) < 1e-9)
        #expect(abs(air.coefficient(at: 16_000) - 4 * 20.3e-3) < 1e-9)
        #expect(throws: SignalError.self) { try AirAbsorption(octaves: [1, 2]) }
        #expect(throws: SignalError.self) { try AirAbsorption(octaves: [-1, 0, 0, 0, 0, 0, 0]) }
    }

    @Test func aMeasuredResponseBeginsAtItsLargestSample() throws {
        let response = try RoomResponse(measured: [0, 0.1, -0.9, 0.3, 0, 0, 0.2], sampleRate: 100)
        #expect(response.directIndex == 2)
        #expect(response.early(0.02) == [0, 0.1, -0.9, 0.3, 0, 0, 0])
        let pair = try response.reverberate([1, 0, 0, 0, 0], early: 0.02)
        #expect(pair.reverberant == [-0.9, 0.3, 0, 0, 0.2])
        #expect(pair.target == [-0.9, 0.3, 0, 0, 0])
        #expect(throws: SignalError.self) { try RoomResponse(measured: [0, 0], sampleRate: 100) }
        #expect(throws: SignalError.self) { try RoomResponse(measured: [], sampleRate: 100) }
        #expect(throws: SignalError.self) { try RoomResponse(measured: [1, .nan], sampleRate: 100) }
    }
}
