import AudioDSP
import TestSupport
import Testing

@testable import TargetSpeech

@Suite struct FrontBeamTests {
    /// One talker in front, another louder one who is first at the right ear: only the one in front is left.
    @Test func theFrontWins() throws {
        let front = Array(try Recordings.speech(0).prefix(48_000)), side = Array(try Recordings.speech(1).prefix(48_000))
        let scene = Ears(front: front) + Ears(side: side, delay: 9, gain: 1.2)
        let result = try FrontBeam.signal(left: scene.left, right: scene.right)
        #expect(result.count == 48_000)
        let mean = zip(scene.left, scene.right).map { ($0 + $1) / 2 }
        func share(_ signal: [Float]) -> Double {
            let product = zip(signal, front).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
            return product * product / (Level.energy(signal) * Level.energy(front))
        }
        #expect(share(result) > share(mean) + 0.1, "\(share(result)) of the front, and \(share(mean)) in the mean of the ears")
    }

    @Test func equalEarsPass() throws {
        let speech = try Recordings.speech(0)
        expectClose(try FrontBeam.signal(left: speech, right: speech), speech, relativeL2: 1e-5)
    }

    /// The weights come from ratios.
    @Test func levelDoesNotMatter() throws {
        let ears = Ears(front: try Recordings.speech(0)) + Ears(side: try Recordings.speech(1), delay: 6, gain: 0.7)
        let loud = try FrontBeam.signal(left: ears.left, right: ears.right)
        let quiet = try FrontBeam.signal(left: ears.left.map { $0 / 1024 }, right: ears.right.map { $0 / 1024 })
        expectClose(quiet.map { $0 * 1024 }, loud, relativeL2: 1e-4)
    }

    @Test(arguments: [1, 100]) func shortOnes(_ count: Int) throws {
        let samples = [Float](repeating: 0.1, count: count)
        #expect(try FrontBeam.signal(left: samples, right: samples).count == count)
    }
}
