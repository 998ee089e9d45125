import Foundation
import NeuralCore

/// A closed range of numbers, `[lower, upper]` in JSON.
public struct Interval: Codable, Sendable, Equatable {
    public var lower: Float
    public var upper: Float

    public init(_ lower: Float, _ upper: Float) {
        self.lower = lower
        self.upper = upper
    }

    public init(from decoder: Decoder) throws {
        var container = try decoder.unkeyedContainer()
        lower = try container.decode(Float.self)
        upper = try container.decode(Float.self)
        guard container.isAtEnd else {
            throw DecodingError.dataCorrupted(.init(
                codingPath: decoder.codingPath, debugDescription: "A range is two numbers, [lower, upper]."))
        }
    }

    public func encode(to encoder: Encoder) throws {
        var container = encoder.unkeyedContainer()
        try container.encode(lower)
        try container.encode(upper)
    }
}

extension Philox {
    /// A uniform draw from an interval.
    package mutating func uniform(in interval: Interval) -> Float {
        interval.lower + (interval.upper - interval.lower) * nextUniform()
    }

    /// True with the given probability; draws one number in every case.
    package mutating func chance(_ probability: Float) -> Bool {
        nextUniform() < probability
    }
}
