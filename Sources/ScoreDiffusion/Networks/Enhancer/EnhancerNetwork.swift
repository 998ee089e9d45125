import Foundation
import NeuralCore
import SpectralNetworks

/// The light network of the default model: band-split, dual-path recurrent, with a deep filter at its end.
///
/// It predicts the clean compressed spectrogram from the bridge's state `x_t`, the noisy spectrogram `y` and the
/// time `t`. Every bin's (x, y, |x|, |y|) are projected band by band to `channels` features, shifted by an embedding
/// of t; `blocks` dual-path blocks (bidirectional GRUs across bands and across frames, after Luo and Yu, "Music
/// Source Separation with Band-Split RNN", 2023) follow; a band-wise map gives each bin five complex filter terms.
/// It looks at the whole segment, unless it is `causal`: then the GRUs across frames run forward only and a frame
/// depends on itself and those before.
public struct EnhancerNetwork: ScoreNetwork {
    public struct Configuration: Codable, Sendable, Equatable {
        /// Frequency bins, n_fft/2 + 1.
        public var bins = 257
        /// Features of each band.
        public var channels = 48
        /// Units of each direction of each GRU.
        public var hidden = 24
        /// Dual-path blocks.
        public var blocks = 3
        /// Size of the embedding of time before its two linear layers.
        public var embedding = 32
        /// Whether no frame depends on a later one.
        public var causal = false

        public init() {}

        /// All sizes must be there; `causal` is false if left out.
        public init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            bins = try values.decode(Int.self, forKey: .bins)
            channels = try values.decode(Int.self, forKey: .channels)
            hidden = try values.decode(Int.self, forKey: .hidden)
            blocks = try values.decode(Int.self, forKey: .blocks)
            embedding = try values.decode(Int.self, forKey: .embedding)
            causal = try values.decodeIfPresent(Bool.self, forKey: .causal) ?? false
        }

        /// Throws unless every size can be built and `bins` fits the transform.
        func validate(bins expected: Int) throws {
            guard bins == expected else {
                throw ScoreDiffusionError.invalidNetwork("it has \(bins) bins and the transform has \(expected)")
            }
            for (name, size) in [("channels", channels), ("hidden", hidden), ("blocks", blocks), ("embedding", embedding)]
            where !(1...4096).contains(size) {
                throw ScoreDiffusionError.invalidNetwork("\(name) must be from 1 to 4096, not \(size)")
            }
        }

        /// Elements in all tensors, known without building the network.
        var parameterCount: Int {
            let bands = bandWidths(bins: bins).count, floats = 2 * EnhancerNetwork.termsPerBin
            let split = EnhancerNetwork.featuresPerBin * bins * channels + bands * channels
            let time = embedding / 2 + channels * (embedding / 2 * 2) + channels + channels * channels + channels
            let gru = 2 * 3 * hidden * (channels + hidden + 2)
            let rest = 2 * channels + 2 * hidden * channels + channels
            let forward = 3 * 2 * hidden * (channels + 2 * hidden + 2)
            let head = 2 * channels + 2 * channels * channels + 2 * channels
            let masks = 2 * channels * floats * bins + floats * bins
            return split + time + blocks * (2 * rest + gru + (causal ? forward : gru)) + head + masks
        }
    }

    static let featuresPerBin = 6
    static let termsPerBin = 5

    public let configuration: Configuration
    let widths: [Int]
    var split: BlockDiagonalLinear
    var frequencies: Tensor
    var embed0: Linear, embed1: Linear
    var blocks: [DualPathBlock]
    var norm: LayerNorm
    var expand: Linear
    var masks: BlockDiagonalLinear

    public init(_ configuration: Configuration = .init(), using rng: inout Philox) {
        let (channels, floats) = (configuration.channels, 2 * Self.termsPerBin)
        self.configuration = configuration
        widths = bandWidths(bins: configuration.bins)
        split = BlockDiagonalLinear(
            widths.map { .init(inputs: Self.featuresPerBin * $0, outputs: channels) }, using: &rng)
        let octaves = configuration.embedding / 2
        frequencies = Tensor(
            (0..<octaves).map { Float(exp2(-1 + 7 * Double($0) / Double(max(octaves - 1, 1)))) }, shape: [octaves])
        embed0 = Linear(configuration.embedding, channels, using: &rng)
        embed1 = Linear(channels, channels, using: &rng)
        blocks = (0..<configuration.blocks).map { _ in
            DualPathBlock(
                channels: channels, hidden: configuration.hidden, causal: configuration.causal, using: &rng)
        }
        norm = LayerNorm(channels)
        expand = Linear(channels, 2 * channels, using: &rng)
        masks = BlockDiagonalLinear(
            widths.map { .init(inputs: 2 * channels, outputs: floats * $0) }, scale: 0.1, using: &rng)
        // Starts as the identity: the present noisy frame passes with weight 1.
        masks.bias = Tensor(
            (0..<configuration.bins * floats).map { $0 % floats == 2 ? 1 : 0 }, shape: [configuration.bins * floats])
    }

    public var parametrization: Parametrization { .cleanEstimate }

    public func callAsFunction(_ state: Tensor, noisy: Tensor, times: [Double]) -> Tensor {
        let (batch, frames, bins) = (noisy.shape[0], noisy.shape[1], noisy.shape[2])
        let channels = configuration.channels
        let features = Tensor.concatenated([state, noisy, magnitude(state), magnitude(noisy)], axis: 3)
        var x = split(features.reshaped([batch, frames, bins * Self.featuresPerBin]))
            .reshaped([batch, frames, widths.count, channels])
        x = x + embedding(times).reshaped([batch, 1, 1, channels])
        for block in blocks { x = block(x) }
        let hidden = silu(expand(norm(x))).reshaped([batch, frames, widths.count * 2 * channels])
        let filters = masks(hidden).reshaped([batch, frames, bins, Self.termsPerBin, 2])
        return deepFilter(filters, noisy: noisy, state: state, causal: configuration.causal)
    }

    func embedding(_ times: [Double]) -> Tensor {
        let phase = Tensor(times.map { Float($0 * .pi) }, shape: [times.count, 1]) * frequencies
        return embed1(silu(embed0(Tensor.concatenated([sin(phase), cos(phase)], axis: 1))))
    }

    private func magnitude(_ spectrogram: Tensor) -> Tensor {
        sqrt(square(spectrogram).sum(axes: [3], keepingDimensions: true) + 1e-8)
    }

    public mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("split", &split)
        try visitor.visitBuffer("frequencies", &frequencies)
        try visitor.visit("embed_0", &embed0)
        try visitor.visit("embed_1", &embed1)
        try visitor.visit("blocks", &blocks)
        try visitor.visit("norm", &norm)
        try visitor.visit("expand", &expand)
        try visitor.visit("masks", &masks)
    }
}
