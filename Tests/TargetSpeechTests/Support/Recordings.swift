import AudioDSP
import Foundation
import NeuralCore
import TestSupport

/// Sounds to enrol from.
enum Recordings {
    /// Three speakers, 4.2, 3 and 1.9 s at 16 kHz.
    static func speech(_ index: Int) throws -> [Float] {
        let fixture = Fixture.all(in: "dvector/pretrained")[0]
        return try fixture.doubles("clip\(index).pcm").map { Float($0 / 32_768) }
    }

    /// Chords of three harmonic tones that change twice a second.
    static func music(seconds: Int) -> [Float] {
        let roots = [220, 261.63, 174.61, 196]
        var samples: [Float] = []
        for index in 0..<seconds * 16_000 {
            let angle = 2 * Double.pi * roots[index / 8000 % 4] * Double(index) / 16_000
            var sum = 0.0
            for interval in [1, 1.25, 1.5] {
                for harmonic in 1...5 { sum += sin(angle * interval * Double(harmonic)) / Double(harmonic) }
            }
            samples.append(Float(0.05 * sum * exp(-Double(index % 8000) / 6000)))
        }
        return samples
    }

    static func noise(seconds: Int, level: Float) -> [Float] {
        var rng = Philox(seed: 17)
        return Tensor.gaussian([seconds * 16_000], using: &rng).values.map { level * $0 }
    }

    static func mono(_ samples: [Float], rate: Int = 16_000) -> AudioBuffer {
        AudioBuffer(channels: [samples], sampleRate: rate)
    }
}
