/// An impulse response from a talker to a microphone, simulated or measured.
public struct RoomResponse: Sendable, Equatable {
    public let samples: [Float]
    /// In Hz.
    public let sampleRate: Int
    /// Samples until the direct sound arrives, with fractions where they are known.
    public let directDelay: Double

    /// - Parameter directDelay: From geometry: the direct sound is not always the largest sample.
    public init(samples: [Float], sampleRate: Int, directDelay: Double) {
        self.samples = samples
        self.sampleRate = sampleRate
        self.directDelay = directDelay
    }

    /// A measured response, whose direct sound is taken to be its largest sample. Throws for silence.
    public init(measured samples: [Float], sampleRate: Int) throws {
        try requireFinite(samples, "Room response")
        guard let index = samples.indices.max(by: { abs(samples[$0]) < abs(samples[$1]) }), samples[index] != 0 else {
            throw SignalError.noActivity(operation: "Room response", reason: "it is silent")
        }
        self.init(samples: samples, sampleRate: sampleRate, directDelay: Double(index))
    }

    /// The sample at which the direct sound is strongest.
    public var directIndex: Int { Int(directDelay.rounded()) }

    /// The response up to `seconds` after the direct sound, zero from there on.
    public func early(_ seconds: Double = 0.05) -> [Float] {
        let end = Double(directIndex) + (seconds * Double(sampleRate)).rounded()
        return samples.indices.map { Double($0) < end ? samples[$0] : 0 }
    }

    /// The response without what lies under `frequency` in Hz (Butterworth of order two, forwards and backwards, so
    /// that nothing is delayed).
    public func highPassed(at frequency: Double) throws -> RoomResponse {
        guard frequency > 0, frequency < Double(sampleRate) / 2 else {
            throw SignalError.invalidSetting(
                operation: "Room response",
                reason: "the high pass must lie under half the sample rate, not at \(frequency) Hz")
        }
        let filter = Biquad.highPass(frequency: frequency, sampleRate: Double(sampleRate))
        return RoomResponse(samples: filter.zeroPhase(samples), sampleRate: sampleRate, directDelay: directDelay)
    }

    /// Speech in the room and the target of a dereverberation: the same speech with the reflections up to `early`
    /// seconds after the direct sound only.
    ///
    /// Both are as long as the speech and begin when its direct sound arrives, so they and the dry speech are
    /// aligned.
    public func reverberate(_ speech: [Float], early: Double = 0.05) throws -> (reverberant: [Float], target: [Float]) {
        (try aligned(speech, samples), try aligned(speech, self.early(early)))
    }

    private func aligned(_ speech: [Float], _ response: [Float]) throws -> [Float] {
        let full = try Convolution.convolve(speech, with: response)
        let slice = full.dropFirst(directIndex).prefix(speech.count)
        return slice + [Float](repeating: 0, count: speech.count - slice.count)
    }
}
