/// The sizes of one convolution, which say everything about how it is computed.
///
/// A transposed convolution is described by the plain one whose gradient it is: `input` is then its result.
struct ConvolutionShape: Hashable, Sendable {
    var batch: Int, groups: Int
    var inputChannels: Int, outputChannels: Int
    var input: Size2D, output: Size2D
    var kernel: Size2D, stride: Size2D, dilation: Size2D
    var padding: Padding2D

    var height: AxisShape {
        AxisShape(
            input: input.height, output: output.height, kernel: kernel.height, stride: stride.height,
            dilation: dilation.height, padBefore: padding.top)
    }

    var width: AxisShape {
        AxisShape(
            input: input.width, output: output.width, kernel: kernel.width, stride: stride.width,
            dilation: dilation.width, padBefore: padding.left)
    }

    var weightCount: Int { outputChannels * (inputChannels / groups) * kernel.area }

    /// Multiplications.
    var work: Int { batch * weightCount * output.area }

    /// Numbers of one item, in and out.
    var itemSize: Int { inputChannels * input.area + outputChannels * output.area }

    /// Every output channel sees one input channel.
    var isDepthwise: Bool { groups == inputChannels && outputChannels % groups == 0 && groups > 1 }

    /// A matrix product over the channels of every point.
    var isPointwise: Bool {
        kernel == 1 && stride == 1 && padding == 0 && groups == 1
    }

    /// Extents of the result of a plain convolution.
    static func outputSize(
        of input: Size2D, kernel: Size2D, stride: Size2D, dilation: Size2D, padding: Padding2D
    ) -> Size2D {
        func extent(_ length: Int, _ pad: Int, _ kernel: Int, _ stride: Int, _ dilation: Int) -> Int {
            let room = length + pad - dilation * (kernel - 1) - 1
            precondition(room >= 0, "a kernel of \(kernel) (dilation \(dilation)) does not fit in \(length) + \(pad)")
            return room / stride + 1
        }
        return Size2D(
            extent(input.height, padding.top + padding.bottom, kernel.height, stride.height, dilation.height),
            extent(input.width, padding.left + padding.right, kernel.width, stride.width, dilation.width))
    }
}

/// One axis of a convolution and what a range of its outputs or inputs touches.
struct AxisShape {
    var input: Int, output: Int, kernel: Int, stride: Int, dilation: Int, padBefore: Int

    /// Distance from the first to the last tap.
    var reach: Int { (kernel - 1) * dilation }

    /// A stretch of the axis as a convolution of its own.
    struct Band: Hashable {
        var input: Range<Int>, output: Range<Int>
        var padBefore: Int, padAfter: Int
    }

    /// The whole axis.
    var whole: Band { band(input: 0..<input, output: 0..<output, padBefore: padBefore) }

    /// Everything that outputs in `range` read.
    func band(outputs range: Range<Int>) -> Band {
        let first = range.lowerBound * stride - padBefore
        let last = (range.upperBound - 1) * stride - padBefore + reach
        let start = max(0, min(first, input - 1))
        let end = max(start + 1, min(last + 1, input))
        return band(input: start..<end, output: range, padBefore: start - first)
    }

    /// Everything that inputs in `range` are read by; `nil` when nothing reads them.
    func band(inputs range: Range<Int>) -> Band? {
        let first = max(0, (range.lowerBound + padBefore - reach + stride - 1).floorDivided(by: stride))
        let last = min(output - 1, (range.upperBound - 1 + padBefore).floorDivided(by: stride))
        guard first <= last else { return nil }
        return band(
            input: range, output: first..<last + 1, padBefore: range.lowerBound - (first * stride - padBefore))
    }

    private func band(input: Range<Int>, output: Range<Int>, padBefore: Int) -> Band {
        let needed = (output.count - 1) * stride + reach + 1
        return Band(
            input: input, output: output, padBefore: padBefore, padAfter: needed - padBefore - input.count)
    }
}

extension Int {
    func floorDivided(by divisor: Int) -> Int { self >= 0 ? self / divisor : -((divisor - 1 - self) / divisor) }

    /// Rounded up.
    func ceilDivided(by divisor: Int) -> Int { (self + divisor - 1) / divisor }

    /// `0..<self` in `parts` ranges of nearly equal lengths.
    func partitioned(into parts: Int) -> [Range<Int>] {
        (0..<parts).map { $0 * self / parts..<($0 + 1) * self / parts }.filter { !$0.isEmpty }
    }
}
