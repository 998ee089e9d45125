import NeuralCore
import SpectralNetworks

/// `EnhancerNetwork`, causal and at the end of the bridge, for one compressed frame after another.
///
/// There the state is the noisy frame itself, so their weights are added once for all.
struct FrameNetwork {
    private let widths: [Int]
    private let splits, masks: [PackedProduct]
    private let trunk: FrameTrunk
    private let inputs, filters: UnsafeMutablePointer<Float>
    private let past: PastFrames
    private let filterWidth: Int

    init(_ network: EnhancerNetwork, in arena: StreamArena) {
        let channels = network.configuration.channels, widths = network.widths, inner = 2 * channels
        self.widths = widths
        let shift = network.embedding([1]).values
        let (split, splitBias) = (network.split.weight.values, network.split.bias.values)
        var offset = 0
        splits = widths.enumerated().map { band, width in
            // Features of a bin: state (2), noisy (2), |state|, |noisy|.
            let base = offset, perBin = EnhancerNetwork.featuresPerBin, depth = perBin * width
            offset += channels * depth
            let bias = (0..<channels).map { splitBias[band * channels + $0] + shift[$0] }
            return PackedProduct(in: arena, depth: 3 * width, columns: channels, bias: bias) { row, column in
                let start = base + column * depth + row / 3 * perBin
                return switch row % 3 {
                case 0: split[start] + split[start + 2]
                case 1: split[start + 1] + split[start + 3]
                default: split[start + 4] + split[start + 5]
                }
            }
        }
        trunk = FrameTrunk(
            .init(blocks: network.blocks, norm: network.norm, expand: network.expand), bands: widths.count, channels: channels,
            in: arena)
        let (mask, maskBias) = (network.masks.weight.values, network.masks.bias.values)
        let floats = 2 * EnhancerNetwork.termsPerBin
        var maskOffset = 0, binOffset = 0
        masks = widths.map { width in
            let base = maskOffset, first = binOffset
            maskOffset += inner * floats * width
            binOffset += width
            /// Rows of the map for a column: the state's term (3) joins the present frame's (1).
            func rows(_ column: Int) -> [Int] {
                let (bin, term, part) = (column / 8, column / 2 % 4, column % 2)
                let sources = [[0], [1, 3], [2], [4]][term]
                return sources.map { bin * floats + $0 * 2 + part }
            }
            let bias = (0..<8 * width).map { column in
                rows(column).reduce(Float(0)) { $0 + maskBias[first * floats + $1] }
            }
            return PackedProduct(in: arena, depth: inner, columns: 8 * width, bias: bias) { row, column in
                rows(column).reduce(Float(0)) { $0 + mask[base + $1 * inner + row] }
            }
        }
        inputs = arena.floats(3 * (widths.max() ?? 0))
        filterWidth = masks.map(\.columns).max() ?? 0
        filters = arena.floats(filterWidth)
        past = PastFrames(bins: network.configuration.bins, in: arena)
    }

    /// `frame` and `output` are `[bins, 2]`.
    func callAsFunction(_ frame: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>) {
        var bin = 0
        for (band, width) in widths.enumerated() {
            for index in 0..<width {
                let (re, im) = (frame[2 * (bin + index)], frame[2 * (bin + index) + 1])
                inputs[3 * index] = re
                inputs[3 * index + 1] = im
                inputs[3 * index + 2] = (re * re + im * im + 1e-8).squareRoot()
            }
            splits[band](inputs, stride: 3 * width, rows: 1, into: trunk.features + band * trunk.stride, stride: trunk.stride)
            bin += width
        }
        trunk()
        bin = 0
        for (band, width) in widths.enumerated() {
            trunk.apply(masks[band], ofBand: band, into: filters, stride: filterWidth)
            for index in 0..<width {
                let weights = filters + 8 * index, sum = past.filter(bin + index, weights, frame)
                output[2 * (bin + index)] = sum.re + weights[6]
                output[2 * (bin + index) + 1] = sum.im + weights[7]
            }
            bin += width
        }
        past.advance(frame)
    }

    func reset() {
        trunk.reset()
        past.reset()
    }
}
