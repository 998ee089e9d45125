import Foundation

/// An enrolled voice: the vector that tells an extractor whom to keep.
///
/// ```swift
/// try voice.write(to: "alice.voice")
/// let same = try Voice(reading: "alice.voice")
/// try same.require(model: extractor.voiceModel, size: 256, path: "alice.voice")
/// ```
public struct Voice: Sendable, Equatable {
    /// The weights that made a vector. Vectors of different weights cannot be compared.
    public struct Model: Sendable, Hashable {
        public var name: String
        /// The SHA-256 digest of the weights' file, 64 hexadecimal digits.
        public var sha256: String

        public init(name: String, sha256: String) { (self.name, self.sha256) = (name, sha256.lowercased()) }
    }

    /// What a voice was made from.
    public struct Origin: Sendable, Equatable {
        /// One for each recording.
        public var examples: [Example]
        /// Mean cosine between the vectors of parts of an example; nil where all are too short to be divided.
        public var partCosine: Double?
        /// Mean cosine between the vectors of different examples; nil for one example.
        public var exampleCosine: Double?

        public init(examples: [Example], partCosine: Double?, exampleCosine: Double?) {
            (self.examples, self.partCosine, self.exampleCosine) = (examples, partCosine, exampleCosine)
        }
    }

    public struct Example: Sendable, Equatable {
        /// Seconds after the silence at both ends was cut off.
        public var duration: Double
        /// Seconds of speech among them.
        public var speechDuration: Double
        /// 1, or 2 where the ears differ.
        public var channels: Int

        public init(duration: Double, speechDuration: Double, channels: Int) {
            (self.duration, self.speechDuration, self.channels) = (duration, speechDuration, channels)
        }
    }

    /// Of length one.
    public let vector: [Float]
    public let model: Model
    public let origin: Origin
    /// From 0 to 1: how far the vector is to be trusted.
    public let confidence: Double

    /// - Parameters:
    ///   - vector: of any length but zero; scaled to length one. Nil comes back for one that is empty, zero or not finite.
    ///   - confidence: clamped to 0 to 1.
    public init?(vector: [Float], model: Model, origin: Origin, confidence: Double) {
        guard let unit = Self.unit(vector), confidence.isFinite else { return nil }
        self.vector = unit
        self.model = model
        self.origin = origin
        self.confidence = min(1, max(0, confidence))
    }

    /// A voice as a file holds it, to the last bit.
    init(stored vector: [Float], model: Model, origin: Origin, confidence: Double) {
        (self.vector, self.model, self.origin, self.confidence) = (vector, model, origin, confidence)
    }

    /// The cosine with another vector; 0 where lengths differ.
    public func cosine(with other: [Float]) -> Double {
        guard other.count == vector.count, let other = Self.unit(other) else { return 0 }
        return Self.product(vector, other)
    }

    /// `vector` divided by its length; nil where it has none.
    static func unit(_ vector: [Float]) -> [Float]? {
        let length = product(vector, vector).squareRoot()
        guard length > 0, length.isFinite else { return nil }
        return vector.map { Float(Double($0) / length) }
    }

    static func product(_ a: [Float], _ b: [Float]) -> Double {
        zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
}
