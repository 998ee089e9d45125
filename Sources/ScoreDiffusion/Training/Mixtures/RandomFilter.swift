import Foundation
import NeuralCore
import Training

/// Gentle random colouring: second-order sections, run in transposed direct form II.
struct RandomFilter: Sendable {
    struct Section: Sendable {
        var b0: Float, b1: Float, b2: Float, a1: Float, a2: Float
    }

    var sections: [Section]

    /// Zeros and poles with coefficients within ±3/8 (Valin, "A Hybrid DSP/Deep Learning Approach to Real-Time
    /// Full-Band Speech Enhancement", 2018), always stable.
    static func spectralTilt(using random: inout Philox) -> RandomFilter {
        func draw() -> Float { (random.nextUniform() * 2 - 1) * 3 / 8 }
        return RandomFilter(sections: [Section(b0: 1, b1: draw(), b2: draw(), a1: draw(), a2: draw())])
    }

    /// One to three peaking bells of ±8 dB between 100 Hz and 0.45 of the sample rate.
    static func equalizer(sampleRate: Int, using random: inout Philox) -> RandomFilter {
        let sections = (0...random.nextInt(below: 3)).map { _ -> Section in
            let octaves = log2(0.45 * Float(sampleRate) / 100)
            let frequency = 100 * exp2(octaves * random.nextUniform())
            let gain = random.uniform(in: Interval(-8, 8)), quality = random.uniform(in: Interval(0.5, 2))
            return .peak(frequency: frequency, gain: gain, quality: quality, sampleRate: sampleRate)
        }
        return RandomFilter(sections: sections)
    }

    /// Fourth-order Butterworth low-pass, as telephones and codecs do.
    static func lowPass(frequency: Float, sampleRate: Int) -> RandomFilter {
        RandomFilter(sections: [0.5412, 1.3066].map { .lowPass(frequency: frequency, quality: $0, sampleRate: sampleRate) })
    }

    func apply(to signal: inout [Float]) {
        signal.withUnsafeMutableBufferPointer { samples in
            for section in sections {
                var s1: Float = 0, s2: Float = 0
                for index in samples.indices {
                    let input = samples[index]
                    let output = section.b0 * input + s1
                    s1 = section.b1 * input - section.a1 * output + s2
                    s2 = section.b2 * input - section.a2 * output
                    samples[index] = output
                }
            }
        }
    }
}

extension RandomFilter.Section {
    /// Peaking equaliser of the Audio EQ Cookbook (Bristow-Johnson); gain in dB, frequency in Hz.
    static func peak(frequency: Float, gain: Float, quality: Float, sampleRate: Int) -> Self {
        let amplitude = pow(10, gain / 40), omega = 2 * Float.pi * frequency / Float(sampleRate)
        let alpha = sin(omega) / (2 * quality), cosine = cos(omega), a0 = 1 + alpha / amplitude
        return Self(
            b0: (1 + alpha * amplitude) / a0, b1: -2 * cosine / a0, b2: (1 - alpha * amplitude) / a0,
            a1: -2 * cosine / a0, a2: (1 - alpha / amplitude) / a0)
    }

    static func lowPass(frequency: Float, quality: Float, sampleRate: Int) -> Self {
        let omega = 2 * Float.pi * min(frequency / Float(sampleRate), 0.49)
        let alpha = sin(omega) / (2 * quality), cosine = cos(omega), a0 = 1 + alpha
        return Self(
            b0: (1 - cosine) / 2 / a0, b1: (1 - cosine) / a0, b2: (1 - cosine) / 2 / a0,
            a1: -2 * cosine / a0, a2: (1 - alpha) / a0)
    }
}
