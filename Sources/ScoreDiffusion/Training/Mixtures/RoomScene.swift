import AudioDSP
import Foundation
import NeuralCore

/// A room with a talker, a noise elsewhere in it and a microphone.
///
/// The talker's response is scaled to unit energy of its early part, so that a room does not change the level of what
/// is to be kept.
public struct RoomScene: Sendable {
    let talker: RoomResponse
    let noise: RoomResponse
    /// In seconds.
    public let reverberationTime: Double
    private let gain: Float

    public init(talker: RoomResponse, noise: RoomResponse, reverberationTime: Double) {
        self.talker = talker
        self.noise = noise
        self.reverberationTime = reverberationTime
        let energy = Level.energy(talker.early())
        gain = energy > 0 ? Float(1 / energy.squareRoot()) : 1
    }

    /// Speech as the microphone hears it, and the part of it that should stay. Both are as long as `dry` and begin
    /// when its direct sound arrives.
    func render(_ dry: [Float], target: MixtureSettings.RoomTarget) throws -> (heard: [Float], target: [Float]) {
        // Past the direct sound: 50 ms for the early part, 2.5 ms for the peak and its band-limited ripple.
        let reach = Double(talker.sampleRate) * (target == .early ? 0.05 : 0.0025)
        let kept = min(talker.samples.count, talker.directIndex + Int(reach))
        return (try convolve(dry, talker.samples, talker.directIndex), try convolve(dry, Array(talker.samples[..<kept]), talker.directIndex))
    }

    func renderNoise(_ dry: [Float]) throws -> [Float] {
        try convolve(dry, noise.samples, noise.directIndex)
    }

    private func convolve(_ signal: [Float], _ response: [Float], _ delay: Int) throws -> [Float] {
        let full = try Convolution.convolve(signal, with: response)
        return (0..<signal.count).map { $0 + delay < full.count ? gain * full[$0 + delay] : 0 }
    }
}

/// Rooms simulated once for a whole run.
enum RoomPool {
    /// Living rooms to small halls, with sides of 3–9 × 2.5–7 × 2.3–4 m; noises lie anywhere at least 0.5 m from the
    /// microphone.
    static func simulate(
        count: Int, sampleRate: Int, settings: MixtureSettings = .init(), seed: UInt64, checkCancelled: () throws -> Void = {}
    ) throws -> [RoomScene] {
        var scenes: [RoomScene] = []
        let block = 16
        for start in stride(from: 0, to: count, by: block) {
            try checkCancelled()
            scenes += try parallelMap(min(block, count - start)) { index in
                Result { try scene(start + index, sampleRate: sampleRate, settings: settings, seed: seed) }
            }.map { try $0.get() }
        }
        return scenes
    }

    /// "200, reverberation times 0.13–0.69 s".
    static func summary(of rooms: [RoomScene]) -> String {
        let times = rooms.map(\.reverberationTime)
        return String(format: "%d, reverberation times %.2f–%.2f s", rooms.count, times.min() ?? 0, times.max() ?? 0)
    }

    private static func scene(_ index: Int, sampleRate: Int, settings: MixtureSettings, seed: UInt64) throws -> RoomScene {
        var random = Philox(seed: seed, stream: UInt64(index))
        func draw(_ lower: Double, _ upper: Double) -> Double { lower + (upper - lower) * Double(random.nextUniform()) }
        let size = SIMD3(draw(3, 9), draw(2.5, 7), draw(2.3, 4))
        // Even walls that swallow all sound leave some reverberation by Sabine's formula.
        let shortest = try ShoeboxRoom(dimensions: size, absorption: .init(1), maximumOrder: 0).sabineTime
        let time = max(draw(Double(settings.reverberationTime.lower), Double(settings.reverberationTime.upper)), 1.05 * shortest)
        let room = try ShoeboxRoom(reverberationTime: time, dimensions: size)
        let margin = 0.3
        func point() -> SIMD3<Double> {
            SIMD3(draw(margin, size.x - margin), draw(margin, size.y - margin), draw(0.8, min(2, size.z - margin)))
        }
        func distance(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> Double { ((a - b) * (a - b)).sum().squareRoot() }
        let microphone = point()
        var talker = point(), noise = point()
        let reach = Double(settings.talkerDistance.lower)...Double(settings.talkerDistance.upper)
        for _ in 0..<100 where !reach.contains(distance(talker, microphone)) { talker = point() }
        for _ in 0..<100 where distance(noise, microphone) < 0.5 { noise = point() }
        func response(_ source: SIMD3<Double>) throws -> RoomResponse {
            try room.response(from: source, to: microphone, sampleRate: sampleRate, duration: time, highPass: 10)
        }
        return RoomScene(talker: try response(talker), noise: try response(noise), reverberationTime: time)
    }
}
