import Foundation
import ModelLibrary
import NeuralCore

/// Settings of a T5 encoder, by their names in `config.json`.
public struct T5Configuration: Sendable, Equatable {
    public enum FeedForward: String, Sendable {
        case relu
        case gatedGELU = "gated-gelu"
    }

    public var vocabularySize: Int
    /// `d_model`
    public var width: Int
    /// `d_kv`, of each head.
    public var headWidth: Int
    /// `d_ff`
    public var feedForwardWidth: Int
    public var layers: Int
    public var heads: Int
    public var buckets: Int
    public var maximumDistance: Int
    public var epsilon: Float
    public var feedForward: FeedForward

    /// With the published numbers of buckets and distances.
    public init(
        vocabularySize: Int, width: Int, headWidth: Int, heads: Int, feedForwardWidth: Int, layers: Int,
        feedForward: FeedForward = .relu
    ) {
        (self.vocabularySize, self.width, self.headWidth, self.heads) = (vocabularySize, width, headWidth, heads)
        (self.feedForwardWidth, self.layers, self.feedForward) = (feedForwardWidth, layers, feedForward)
        (buckets, maximumDistance, epsilon) = (32, 128, 1e-6)
    }

    /// As they stand in `config.json`.
    public var settings: JSONObject {
        [
            "model_type": "t5", "vocab_size": .integer(vocabularySize), "d_model": .integer(width), "d_kv": .integer(headWidth),
            "d_ff": .integer(feedForwardWidth), "num_layers": .integer(layers), "num_heads": .integer(heads),
            "relative_attention_num_buckets": .integer(buckets), "relative_attention_max_distance": .integer(maximumDistance),
            "layer_norm_epsilon": .number(Double(epsilon)), "feed_forward_proj": .string(feedForward.rawValue),
        ]
    }

    /// - Throws: `ModelError.invalidSettings` naming what is missing or cannot be.
    public init(_ settings: JSONValue, path: String) throws {
        try self.init(ConfigurationReader(settings: settings, path: path))
    }

    package init(_ reader: ConfigurationReader) throws {
        vocabularySize = try reader.int("vocab_size", 4...2_000_000)
        width = try reader.int("d_model", 1...65_536)
        headWidth = try reader.int("d_kv", 1...4096)
        feedForwardWidth = try reader.int("d_ff", 1...262_144)
        layers = try reader.int("num_layers", 1...256)
        heads = try reader.int("num_heads", 1...1024)
        buckets = try reader.int("relative_attention_num_buckets", 4...4096, default: 32)
        maximumDistance = try reader.int("relative_attention_max_distance", 2...1_000_000, default: 128)
        epsilon = try reader.float("layer_norm_epsilon", default: 1e-6)
        let name = try reader.string("feed_forward_proj", default: "relu")
        guard let kind = FeedForward(rawValue: name) else {
            throw reader.fault("feed_forward_proj", "is \(name), and relu and gated-gelu are possible")
        }
        feedForward = kind
        guard buckets % 4 == 0, maximumDistance > buckets / 4 else {
            throw reader.fault("relative_attention_num_buckets", "does not fit the largest distance")
        }
    }
}
