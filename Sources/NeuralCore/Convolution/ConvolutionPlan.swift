import CKernels
import Synchronization

enum ConvolutionDirection: Int32, Hashable, Sendable {
    case forward = 0
    case backwardData = 1
    case backwardWeights = 2
}

/// The sizes of one call into the convolution library: a part of a `ConvolutionShape`.
struct ConvolutionGeometry: Hashable, Sendable {
    var direction: ConvolutionDirection
    var batch: Int, groups: Int
    var inputChannels: Int, outputChannels: Int
    var kernel: Size2D, stride: Size2D, dilation: Size2D
    var input: Size2D, output: Size2D
    var padBefore: Size2D, padAfter: Size2D
    /// Elements from one item, channel and row to the next.
    var inputStrides: SIMD3<Int>, outputStrides: SIMD3<Int>
    /// Elements from one output channel's weights to the next one's.
    var weightStride: Int
    var hasBias: Bool

    var raw: ck_convolution_geometry {
        func triple(_ value: SIMD3<Int>) -> (Int64, Int64, Int64) { (Int64(value.x), Int64(value.y), Int64(value.z)) }
        return ck_convolution_geometry(
            batch: Int64(batch), groups: Int64(groups), input_channels: Int64(inputChannels),
            output_channels: Int64(outputChannels), input: input.pair, output: output.pair, kernel: kernel.pair,
            stride: stride.pair, dilation: dilation.pair, pad_before: padBefore.pair, pad_after: padAfter.pair,
            input_strides: triple(inputStrides), output_strides: triple(outputStrides),
            weights_stride: Int64(weightStride), has_bias: hasBias ? 1 : 0)
    }
}

/// A compiled convolution of one geometry. It may run on several threads at once.
final class ConvolutionPlan: Sendable {
    nonisolated(unsafe) let raw: OpaquePointer
    /// Floats that the weights take in the plan's own order.
    let packedCount: Int

    /// The plan for `geometry`, compiled when it is first asked for. Those not used for long are forgotten.
    static func plan(for geometry: ConvolutionGeometry) -> ConvolutionPlan {
        if let known = cache.withLock({ $0.find(geometry) }) { return known }
        let made = ConvolutionPlan(geometry)
        cache.withLock { $0.keep(made, for: geometry) }
        return made
    }

    private init(_ geometry: ConvolutionGeometry) {
        var raw = geometry.raw
        var handle: OpaquePointer?
        let status = ck_convolution_plan_create(geometry.direction.rawValue, &raw, &handle)
        guard status == 0, let handle else {
            fatalError("oneDNN cannot compile the convolution \(geometry) (status \(status))")
        }
        self.raw = handle
        packedCount = Int(ck_convolution_packed_count(handle))
    }

    deinit { ck_convolution_plan_destroy(raw) }

    private static let cache = Mutex(Cache())

    private struct Cache {
        private static let capacity = 1024
        private var entries: [ConvolutionGeometry: (plan: ConvolutionPlan, lastUse: Int)] = [:]
        private var clock = 0

        mutating func find(_ geometry: ConvolutionGeometry) -> ConvolutionPlan? {
            guard let index = entries.index(forKey: geometry) else { return nil }
            clock += 1
            entries.values[index].lastUse = clock
            return entries.values[index].plan
        }

        mutating func keep(_ plan: ConvolutionPlan, for geometry: ConvolutionGeometry) {
            if entries.count >= Self.capacity {
                let threshold = entries.values.map(\.lastUse).sorted()[entries.count / 4]
                entries = entries.filter { $0.value.lastUse > threshold }
            }
            clock += 1
            entries[geometry] = (plan, clock)
        }
    }
}
