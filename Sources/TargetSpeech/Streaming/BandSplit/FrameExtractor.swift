import CKernels
import NeuralCore
import SpectralNetworks

/// `BandSplitExtractor` for one compressed frame after another.
struct FrameExtractor {
    private let widths: [Int]
    private let splits, masks: [PackedProduct]
    private let trunk: FrameTrunk
    private let inputs, filters: UnsafeMutablePointer<Float>
    private let filterWidth: Int
    private let left, right: PastFrames
    private static let floatsPerEar = 2 * BandSplitExtractor.termsPerBin

    init(_ network: BandSplitExtractor, in arena: StreamArena) {
        let channels = network.configuration.channels, inner = 2 * channels, widths = network.widths
        self.widths = widths
        let (split, splitBias) = (network.split.weight.values, network.split.bias.values)
        var offset = 0
        splits = widths.enumerated().map { band, width in
            let depth = BinauralFeatures.perBin * width, base = offset
            offset += channels * depth
            return PackedProduct(
                in: arena, depth: depth, columns: channels, bias: Array(splitBias[band * channels..<(band + 1) * channels])
            ) { row, column in split[base + column * depth + row] }
        }
        trunk = FrameTrunk(
            .init(blocks: network.blocks, norm: network.norm, expand: network.expand), bands: widths.count, channels: channels,
            in: arena)
        let (mask, maskBias) = (network.masks.weight.values, network.masks.bias.values)
        var maskOffset = 0, biasOffset = 0
        masks = widths.map { width in
            let columns = 2 * Self.floatsPerEar * width, base = maskOffset, first = biasOffset
            maskOffset += inner * columns
            biasOffset += columns
            return PackedProduct(
                in: arena, depth: inner, columns: columns, bias: Array(maskBias[first..<first + columns])
            ) { row, column in mask[base + column * inner + row] }
        }
        inputs = arena.floats(BinauralFeatures.perBin * (widths.max() ?? 0))
        filterWidth = masks.map(\.columns).max() ?? 0
        filters = arena.floats(filterWidth)
        left = PastFrames(bins: network.configuration.binCount, in: arena)
        right = PastFrames(bins: network.configuration.binCount, in: arena)
    }

    /// - Parameters:
    ///   - frames: of the left and the right ear, `[2][bins, 2]`.
    ///   - steering: `[blocks][2][bands, stride]`, factors and what is added.
    ///   - output: `[2][bins, 2]`
    func callAsFunction(
        _ frames: (UnsafePointer<Float>, UnsafePointer<Float>), steering: UnsafePointer<Float>,
        into output: (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>)
    ) {
        var bin = 0
        for (band, width) in widths.enumerated() {
            BinauralFeatures.write(frames.0, frames.1, bins: bin..<bin + width, into: inputs)
            splits[band](
                inputs, stride: BinauralFeatures.perBin * width, rows: 1, into: trunk.features + band * trunk.stride,
                stride: trunk.stride)
            bin += width
        }
        let count = trunk.bands * trunk.stride, features = trunk.features
        trunk { block in
            let factors = steering + 2 * block * count
            ck_binary(CK_MULTIPLY, 1, count, features, features, 0, 1, factors, 0, 1)
            ck_binary(CK_ADD, 1, count, features, features, 0, 1, factors + count, 0, 1)
        }
        bin = 0
        for (band, width) in widths.enumerated() {
            trunk.apply(masks[band], ofBand: band, into: filters, stride: filterWidth)
            for index in bin..<bin + width {
                let weights = filters + 2 * Self.floatsPerEar * (index - bin)
                Self.filter(index, weights, left, own: frames.0, other: frames.1, into: output.0)
                Self.filter(index, weights + Self.floatsPerEar, right, own: frames.1, other: frames.0, into: output.1)
            }
            bin += width
        }
        left.advance(frames.0)
        right.advance(frames.1)
    }

    @inline(__always)
    private static func filter(
        _ bin: Int, _ weights: UnsafePointer<Float>, _ past: PastFrames, own: UnsafePointer<Float>, other: UnsafePointer<Float>,
        into output: UnsafeMutablePointer<Float>
    ) {
        let sum = past.filter(bin, weights, own), (re, im) = (other[2 * bin], other[2 * bin + 1])
        output[2 * bin] = sum.re + weights[6] * re - weights[7] * im + weights[8]
        output[2 * bin + 1] = sum.im + weights[6] * im + weights[7] * re + weights[9]
    }

    /// Values in the steering of one block's factors, and the features of one band among them.
    var steeringCount: Int { 2 * trunk.bands * trunk.stride }
    var stride: Int { trunk.stride }

    func reset() {
        trunk.reset()
        left.reset()
        right.reset()
    }
}
