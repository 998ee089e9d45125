import AudioDSP

/// Passes a processor's sound on and keeps the loudest stretch of what comes out, by the processor's rate and channels.
public final class LoudestExcerpt: StreamProcessor {
    private let processor: any StreamProcessor
    private let length: Int
    /// `[channels, length]`: what is being filled, and the loudest before it.
    private var current: [Float], loudest: [Float]
    private var count = 0, energy = 0.0
    private var loudestEnergy = -1.0

    /// - Parameter seconds: of a stretch.
    public init(_ processor: any StreamProcessor, seconds: Double = 8) {
        self.processor = processor
        length = max(processor.chunkLength, Int(seconds * Double(processor.sampleRate)))
        current = Array(repeating: 0, count: length * processor.outputChannels)
        loudest = current
    }

    /// The loudest stretch, `[channels][samples]`; less than a whole one only of shorter sounds or at their end.
    public var channels: [[Float]] {
        let isWhole = loudestEnergy >= energy
        let source = isWhole ? loudest : current, samples = isWhole ? length : count
        return (0..<outputChannels).map { Array(source[$0 * length..<$0 * length + samples]) }
    }

    public var sampleRate: Int { processor.sampleRate }
    public var inputChannels: Int { processor.inputChannels }
    public var outputChannels: Int { processor.outputChannels }
    public var chunkLength: Int { processor.chunkLength }
    public var latency: Int { processor.latency }

    public func prepare() throws {
        try processor.prepare()
        forget()
    }

    public func process(_ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>) {
        processor.process(input, output)
        let chunk = chunkLength
        for frame in 0..<chunk {
            for channel in 0..<outputChannels {
                let sample = output[channel * chunk + frame]
                current[channel * length + count] = sample
                energy += Double(sample) * Double(sample)
            }
            count += 1
            if count == length { finishStretch() }
        }
    }

    public func reset() {
        processor.reset()
        forget()
    }

    private func finishStretch() {
        if energy > loudestEnergy {
            swap(&current, &loudest)
            loudestEnergy = energy
        }
        (count, energy) = (0, 0)
    }

    private func forget() { (count, energy, loudestEnergy) = (0, 0, -1) }
}

extension EnrollmentEncoder {
    /// The cosine between a voice and the vector of what was extracted; nil where there is less than a second, or at
    /// another rate than examples have.
    public func cosine(of voice: Voice, in excerpt: LoudestExcerpt) throws -> Double? {
        let channels = excerpt.channels
        guard excerpt.sampleRate == EnrollmentInput.sampleRate, (1...2).contains(channels.count),
            channels[0].count >= EnrollmentInput.sampleRate
        else { return nil }
        return voice.cosine(with: try vector(of: channels))
    }
}
