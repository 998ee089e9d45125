import CKernels
import NeuralCore

/// The weights of a MusicGen decoder as they are read step by step. Any number of decoders may share them.
public struct DecoderWeights: Sendable {
    public let configuration: MusicGenConfiguration
    public let precision: WeightPrecision
    /// A table for each codebook, `[codes + 1, width]`.
    let embeddings: [Tensor]
    /// Of a ``BeatClock``, `[width, 14]`.
    let beat: Tensor?
    let layers: [DecoderLayerWeights]
    let norm: NormWeights
    /// The scores of all codebooks, one after the other.
    let scores: WeightMatrix

    /// - Parameter prefix: what stands before the published names of ``MusicGenDecoder``.
    /// - Throws: `CheckpointError` naming every tensor that is missing or of another shape.
    public init(
        _ configuration: MusicGenConfiguration, from source: some TensorSource, prefix: String = "",
        precision: WeightPrecision
    ) throws {
        try configuration.check(source, prefix: prefix)
        self.configuration = configuration
        self.precision = precision
        embeddings = try (0..<configuration.codebooks).map {
            try source.tensor("\(prefix)model.decoder.embed_tokens.\($0).weight")
        }
        beat = try configuration.clockRate.map { _ in try source.tensor("\(prefix)model.decoder.embed_beat.weight") }
        layers = try (0..<configuration.layers).map { index in
            let path = "\(prefix)model.decoder.layers.\(index)."
            return try DecoderLayerWeights(configuration, precision) { try source.tensor(path + $0) }
        }
        norm = try NormWeights { try source.tensor("\(prefix)model.decoder.layer_norm.\($0)") }
        scores = WeightMatrix(
            try (0..<configuration.codebooks).map { try source.tensor("\(prefix)lm_heads.\($0).weight") },
            precision: precision)
    }

    /// The weights of a decoder as they are now, for drawing codes while it is trained.
    public init(_ decoder: MusicGenDecoder, precision: WeightPrecision) throws {
        try self.init(decoder.configuration, from: LayerTensors(decoder), precision: precision)
    }

    /// Bytes of weights that one step reads, cross-attention's keys and values left out.
    public var bytesPerStep: Int { scores.byteCount + layers.reduce(0) { $0 + $1.bytesPerStep } }

    /// Bytes of the keys and values of one sequence's past.
    func cacheBytes(steps: Int) -> Int {
        let inner = configuration.heads * paneled(configuration.headWidth)
        return 2 * configuration.layers * inner * steps * (precision == .float32 ? 4 : 2)
    }
}

struct NormWeights: Sendable {
    let weight: Tensor, bias: Tensor

    init(_ tensor: (String) throws -> Tensor) rethrows {
        (weight, bias) = (try tensor("weight"), try tensor("bias"))
    }

    /// Normalises `count` rows of `width`.
    func apply(_ x: UnsafePointer<Float>, stride: Int, count: Int, width: Int, to y: UnsafeMutablePointer<Float>, stride yStride: Int) {
        weight.withUnsafeBuffer { weight in
            bias.withUnsafeBuffer { bias in
                ck_norm_rows(x, stride, count, width, weight.baseAddress, bias.baseAddress, 1e-5, y, yStride)
            }
        }
    }
}

/// One layer. Heads are filled up to whole panels, so that attention reads them at their places.
struct DecoderLayerWeights: Sendable {
    let selfNorm: NormWeights, crossNorm: NormWeights, feedForwardNorm: NormWeights
    /// Queries, keys and values of self-attention in one.
    let projections: WeightMatrix
    let output: WeightMatrix
    let crossQuery: WeightMatrix, crossKeysValues: WeightMatrix, crossOutput: WeightMatrix
    let up: WeightMatrix, down: WeightMatrix

    init(_ configuration: MusicGenConfiguration, _ precision: WeightPrecision, _ tensor: (String) throws -> Tensor) throws {
        let (heads, width) = (configuration.heads, configuration.width)
        let extra = paneled(configuration.headWidth) - configuration.headWidth
        func rows(_ name: String) throws -> Tensor {
            let weight = try tensor(name)
            return extra == 0 ? weight : weight.reshaped([heads, -1, width]).padded([(0, 0), (0, extra), (0, 0)]).reshaped([-1, width])
        }
        func columns(_ name: String) throws -> WeightMatrix {
            var weight = try tensor(name)
            if extra > 0 { weight = weight.reshaped([width, heads, -1]).padded([(0, 0), (0, 0), (0, extra)]).reshaped([width, -1]) }
            return WeightMatrix([weight], precision: precision)
        }
        func norm(_ name: String) throws -> NormWeights { try NormWeights { try tensor("\(name).\($0)") } }
        selfNorm = try norm("self_attn_layer_norm")
        crossNorm = try norm("encoder_attn_layer_norm")
        feedForwardNorm = try norm("final_layer_norm")
        projections = WeightMatrix(try ["q", "k", "v"].map { try rows("self_attn.\($0)_proj.weight") }, precision: precision)
        output = try columns("self_attn.out_proj.weight")
        crossQuery = WeightMatrix([try rows("encoder_attn.q_proj.weight")], precision: precision)
        crossKeysValues = WeightMatrix(try ["k", "v"].map { try rows("encoder_attn.\($0)_proj.weight") }, precision: precision)
        crossOutput = try columns("encoder_attn.out_proj.weight")
        up = WeightMatrix([try tensor("fc1.weight")], precision: precision)
        down = WeightMatrix([try tensor("fc2.weight")], precision: precision)
    }

    var bytesPerStep: Int {
        [projections, output, crossQuery, crossOutput, up, down].reduce(0) { $0 + $1.byteCount }
    }
}
