import AudioDSP

/// Makes a voice from examples.
///
/// ```swift
/// let enroller = VoiceEnroller(encoder: encoder)
/// let voice = try enroller.enroll([.init(name: "alice.wav", sound: AudioFile.read("alice.wav"))])
/// print(voice.confidence)
/// ```
/// Examples may have any sample rate and level and one or two channels. The vectors of several are averaged.
public struct VoiceEnroller: Sendable {
    /// A recording in which the person speaks.
    public struct Example: Sendable {
        /// What messages call it.
        public var name: String
        public var sound: AudioBuffer

        public init(name: String, sound: AudioBuffer) { (self.name, self.sound) = (name, sound) }
    }

    public let encoder: any EnrollmentEncoder
    public var settings: EnrollmentSettings

    public init(encoder: any EnrollmentEncoder, settings: EnrollmentSettings = EnrollmentSettings()) {
        (self.encoder, self.settings) = (encoder, settings)
    }

    /// - Throws: `EnrollmentError` naming the example that is silent, no speech, too short or otherwise unusable.
    public func enroll(_ examples: [Example]) throws -> Voice {
        guard !examples.isEmpty else { throw EnrollmentError.noExamples }
        // All are checked before the network runs for the first time.
        let inputs = try examples.map { try EnrollmentInput($0.sound, name: $0.name, settings: settings) }
        let names = examples.map(\.name)
        let vectors = try zip(names, inputs).map { try vector(of: $1.channels, name: $0) }
        let parts = try zip(names, inputs).map { name, input in
            try input.parts.map { try vector(of: $0, name: name) }
        }
        let partCosine = Self.mean(parts.compactMap { Self.meanCosine($0) })
        let exampleCosine = Self.meanCosine(vectors)
        let speech = inputs.reduce(0) { $0 + $1.speechDuration }
        let confidence = EnrollmentConfidence(
            speechDuration: speech, partCosine: partCosine, exampleCosine: exampleCosine, cosineRange: encoder.cosineRange)
        let origin = Voice.Origin(
            examples: inputs.map {
                Voice.Example(duration: $0.duration, speechDuration: $0.speechDuration, channels: $0.channels.count)
            },
            partCosine: partCosine, exampleCosine: exampleCosine)
        let average = (0..<encoder.vectorSize).map { index in
            vectors.reduce(0) { $0 + $1[index] } / Float(vectors.count)
        }
        guard Voice.product(average, average) > 1e-4,
            let voice = Voice(vector: average, model: encoder.model, origin: origin, confidence: confidence.value)
        else { throw EnrollmentError.contradictoryExamples }
        return voice
    }

    private func vector(of channels: [[Float]], name: String) throws -> [Float] {
        func refuse(_ reason: String) -> EnrollmentError {
            .unusableVector(example: name, model: encoder.model.name, reason: reason)
        }
        let vector = try encoder.vector(of: channels)
        guard vector.count == encoder.vectorSize else {
            throw refuse("it has \(vector.count) values instead of \(encoder.vectorSize)")
        }
        guard vector.allSatisfy({ $0.isFinite }) else { throw refuse("it holds a value that is no number") }
        guard let unit = Voice.unit(vector) else { throw refuse("it is zero") }
        return unit
    }

    /// Mean over all pairs; nil for fewer than two.
    private static func meanCosine(_ vectors: [[Float]]) -> Double? {
        let pairs = vectors.indices.flatMap { a in vectors.indices.dropFirst(a + 1).map { (a, $0) } }
        return mean(pairs.map { Voice.product(vectors[$0.0], vectors[$0.1]) })
    }

    private static func mean(_ values: [Double]) -> Double? {
        values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }
}

extension EnrollmentInput {
    /// Two to four equal parts of at least 1.5 s; none where the example is too short for two.
    var parts: [[[Float]]] {
        let count = min(4, Int(duration / 1.5))
        guard count >= 2 else { return [] }
        let length = channels[0].count / count
        return (0..<count).map { part in channels.map { Array($0[part * length..<(part + 1) * length]) } }
    }
}
