import Foundation
import NeuralCore
import TestSupport

@testable import ScoreDiffusion

extension DCUNetConfiguration {
    /// From the names of the reference and its defaults. Sets of an architecture of their own list its encoders in their
    /// note, as `[in, out, kernel, stride, padding, dilation]`.
    init(reference set: Fixture) throws {
        self.init()
        let settings = set.config
        if let known = settings["dcunet_architecture"].string.flatMap({ Self.architectures[$0] }) {
            stages = known
        } else {
            stages = try Self.stages(listedIn: set.io["note"].string ?? "")
        }
        func choice<Value>(_ name: String, _ values: [String: Value], _ current: Value) throws -> Value {
            guard let text = settings[name].string else { return current }
            guard let value = values[text] else { throw UnknownSetting(name: name, value: settings[name]) }
            return value
        }
        let nonlinearities: [String: Nonlinearity] = ["silu": .silu, "relu": .relu, "leaky_relu": .leakyReLU]
        timeEmbedding = try choice(
            "dcunet_time_embedding", ["gfp": .fourier, "ds": .steps, "none": .none], timeEmbedding)
        activation = try choice("dcunet_activation", nonlinearities, activation)
        embeddingActivation = try choice("dcunet_temb_activation", nonlinearities, embeddingActivation)
        normalization = try choice("dcunet_norm_type", ["bN": .split, "CbN": .joint], normalization)
        frameFitting = try choice("dcunet_fix_length", ["pad": .padding, "trim": .trimming], frameFitting)
        embedsComplex = settings["dcunet_time_embedding_complex"].bool ?? embedsComplex
        embeddingSize = settings["embed_dim"].int ?? embeddingSize
        globalEmbeddingLayers = settings["dcunet_temb_layers_global"].int ?? globalEmbeddingLayers
        localEmbeddingLayers = settings["dcunet_temb_layers_local"].int ?? localEmbeddingLayers
    }

    private static func stages(listedIn note: String) throws -> [Stage] {
        guard let start = note.range(of: "[["), let end = note.range(of: "]]]", options: .backwards) else {
            throw UnknownSetting(name: "dcunet_architecture", value: .null)
        }
        let rows = try JSONValue(parsing: [UInt8](note[start.lowerBound..<end.upperBound].utf8))
        return (rows.array ?? []).map { row in
            let values = row.array ?? []
            return Stage(
                values[1].int ?? 0, kernel: values[2].ints ?? [], stride: values[3].ints ?? [],
                dilation: values[5].ints ?? [])
        }
    }
}
