import AudioDSP
import Foundation
import NeuralCore
import TestSupport
import Testing

@testable import TargetSpeech

@Suite struct BinauralSpaceTests {
    private func room(_ time: Double, head: HeadRelatedResponses = Material.kemar) throws -> BinauralRoom {
        try BinauralRoom(dimensions: [6, 4.5, 2.8], reverberationTime: time, position: [2.5, 2, 1.5], facing: 50, head: head)
    }

    private func whole(_ space: any BinauralSpace, _ azimuth: Double, _ distance: Double, seed: UInt64 = 1) throws -> BinauralResponse {
        var random = Philox(seed: seed)
        return try space.response(from: Direction(azimuth: azimuth), distance: distance, using: &random)
    }

    /// T20 of each ear, over the whole response.
    @Test(arguments: [0.25, 0.5, 0.9])
    func soundDecaysInTheTimeAskedFor(_ time: Double) throws {
        for ear in try whole(room(time), 30, 1.5).ears {
            let measured = try #require(DecayCurve(ear, sampleRate: 16_000).reverberationTime(to: -25))
            #expect(abs(measured / time - 1) < 0.2, "\(measured) s")
        }
    }

    /// What the images bring at the end of the early part and the tail after it, above the room's modes.
    @Test func theTailJoinsWithoutAStep() throws {
        let space = try room(0.6)
        var step = 0.0
        for seed in 0..<12 {
            var random = Philox(seed: UInt64(seed))
            // Not at the head's height, where images above and below arrive at once and add up.
            let response = try space.response(
                from: Direction(azimuth: Double(30 * seed), elevation: 20), distance: 1, using: &random)
            let ears = response.ears.map { Biquad.highPass(frequency: 300, sampleRate: 16_000).zeroPhase($0) }
            func energy(_ from: Double, _ to: Double) -> Double {
                let range = (BinauralResponse.lead + Int(from * 16_000))..<(BinauralResponse.lead + Int(to * 16_000))
                return ears.reduce(0) { $0 + Level.energy(Array($1[range])) }
            }
            step += 10 * log10(energy(0.056, 0.071) / energy(0.029, 0.044)) / 12
        }
        let expected = -60 * 0.027 / 0.6
        #expect(abs(step - expected) < 1, "\(step) dB instead of \(expected)")
    }

    @Test func theDirectSoundComesFromItsDirection() throws {
        let free = FreeField(head: Material.kemar).early(from: Direction(azimuth: 60), distance: 1)
        // A whole number of samples away.
        let distance = 24 * ShoeboxRoom.speedOfSound / 16_000
        let early = try room(0.4).early(from: Direction(azimuth: 60), distance: distance)
        // Before the floor's reflection, 1 m of detour later, both hold the same but for the distance.
        let until = BinauralResponse.lead + 60
        for (ear, taps) in early.ears.enumerated() {
            expectClose(
                taps[..<until].map { $0 * Float(distance) }, Array(free.ears[ear][..<until]), relativeToPeak: 0.05, "ear \(ear)")
        }
    }

    @Test func farSourcesAreMoreReverberant() throws {
        func ratio(_ distance: Double) throws -> Double {
            let response = try whole(room(0.6), 0, distance)
            let end = BinauralResponse.lead + 40
            let direct = response.ears.reduce(0) { $0 + Level.energy(Array($1[..<end])) }
            return direct / (2 * response.energy)
        }
        #expect(try ratio(0.4) > 2 * ratio(1.6))
    }

    @Test func sourcesStayInTheRoom() throws {
        let space = try room(0.4)
        // Facing 50 degrees, azimuth -50 looks along x: 3.5 m to the wall, less the margin.
        #expect(abs(space.reach(toward: Direction(azimuth: -50)) - 3.4) < 1e-9)
        #expect(abs(space.reach(toward: Direction(azimuth: 0, elevation: 90)) - 1.2) < 1e-9)
        #expect(space.early(safely: Direction(azimuth: 130), distance: 50) != nil)
    }

    @Test func impossibleRoomsAreRefused() {
        for (size, time, position) in [
            (SIMD3(6.0, 4.5, 2.8), 0.0, SIMD3(1.0, 1, 1)), (SIMD3(6, 4.5, 2.8), .nan, SIMD3(1, 1, 1)),
            (SIMD3(0.5, 4.5, 2.8), 0.4, SIMD3(0.3, 1, 1)), (SIMD3(6, 4.5, 2.8), 0.4, SIMD3(7, 1, 1)),
            (SIMD3(.infinity, 4.5, 2.8), 0.4, SIMD3(1, 1, 1)),
        ] {
            #expect(throws: SceneError.self) {
                try BinauralRoom(dimensions: size, reverberationTime: time, position: position, facing: 0, head: Material.kemar)
            }
        }
    }

    @Test func measuredRoomsKeepTheirDecay() throws {
        let rate = 16_000, time = 0.5
        let noise = Material.gaussian(rate)
        let measured = noise.indices.map { index -> Float in
            index < 200 ? 0 : noise[index] * Float(pow(10, -3 * Double(index - 200) / Double(rate) / time)) * (index == 200 ? 10 : 0.2)
        }
        var random = Philox(seed: 2)
        let room = try MeasuredRoom(RoomResponse(samples: measured, sampleRate: rate, directDelay: 200), head: Material.kemar, using: &random)
        let response = try room.response(from: Direction(azimuth: 80), distance: 1, using: &random)
        for ear in response.ears {
            let decay = try #require(DecayCurve(ear, sampleRate: rate).reverberationTime(from: -10, to: -30))
            #expect(abs(decay / time - 1) < 0.2, "\(decay) s")
        }
        let direct = response.ears.map { Level.energy(Array($0[..<(BinauralResponse.lead + 32)])) }
        #expect(direct[0] > 2 * direct[1])
    }

    @Test func pathsFollowTheirKind() {
        for motion in Motion.allCases {
            var random = Philox(seed: 4)
            let path = motion.path(from: Direction(azimuth: 170, elevation: 5), frames: 400, using: &random)
            #expect(path.count == 400)
            #expect(path.allSatisfy { (-180..<180).contains($0.azimuth) && abs($0.elevation) <= 60 })
            let steps = zip(path, path.dropFirst()).map { $0.angle(to: $1) }
            switch motion {
            case .linear: #expect(steps.allSatisfy { abs($0 - steps[0]) < 0.01 } && steps[0] <= 90 * 0.025 + 1e-6)
            case .arcs: #expect(steps.contains { $0 == 0 } && steps.contains { $0 > 0.5 } && steps.allSatisfy { $0 < 3.3 })
            case .jitter: #expect(path.allSatisfy { $0.angle(to: Direction(azimuth: 170, elevation: 5)) <= 26 })
            }
        }
    }

    /// A path that stays gives what a source at rest gives.
    @Test func restIsAKindOfMotion() throws {
        let space = try room(0.3), direction = Direction(azimuth: 40), signal = Material.gaussian(8000)
        var random = Philox(seed: 6)
        let late = try space.late(distance: 1, using: &random)
        let still = try (space.early(from: direction, distance: 1) + #require(late)).render(signal)
        let moved = try MovingSource(space: space, distance: 1, path: [direction]).render(signal, late: late)
        for (a, b) in zip(moved, still) { expectClose(a, b, relativeToPeak: 1e-5) }
    }

    /// From one side to the other: the balance of the ears turns around.
    @Test func movingSourcesMove() throws {
        let path = (0..<40).map { Direction(azimuth: 80 - 160 * Double($0) / 39) }
        let heard = try MovingSource(space: FreeField(head: Material.kemar), distance: 1, path: path)
            .render(Material.gaussian(16_000), late: nil)
        func balance(_ range: Range<Int>) -> Double { Level.rms(Array(heard[0][range])) - Level.rms(Array(heard[1][range])) }
        #expect(balance(0..<3000) > 5)
        #expect(balance(13_000..<16_000) < -5)
    }
}

extension BinauralRoom {
    fileprivate func early(safely direction: Direction, distance: Double) -> BinauralResponse? {
        try? early(from: direction, distance: distance)
    }
}
