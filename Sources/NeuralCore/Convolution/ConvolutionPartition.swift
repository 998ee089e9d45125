/// A share of a convolution: some items, a band of rows (or of columns, when there is one row), some channels.
struct ConvolutionPart {
    var plan: ConvolutionPlan
    /// Where the part starts in the arrays.
    var inputOffset: Int, outputOffset: Int
    var weightOffset: Int, biasOffset: Int
}

/// How a convolution is cut into parts that run in any order. It follows from the sizes alone, so the numbers do
/// not depend on how many threads there are.
struct ConvolutionPartition {
    let parts: [ConvolutionPart]
    /// Whether the parts write all of the result; what is left has the value zero.
    let isComplete: Bool

    /// Bands keep a part's input and output in the caches, and there are at least four parts where that pays.
    init(_ shape: ConvolutionShape, _ direction: ConvolutionDirection, hasBias: Bool) {
        let cut = Cut(shape, direction)
        var parts: [ConvolutionPart] = []
        var isComplete = true
        for items in shape.batch.partitioned(into: cut.itemGroups) {
            for channels in cut.channelCount.partitioned(into: cut.channelBlocks) {
                for range in cut.axisLength.partitioned(into: cut.bands) {
                    if let part = cut.part(items: items, channels: channels, band: range, hasBias: hasBias) {
                        parts.append(part)
                    } else {
                        isComplete = false
                    }
                }
            }
        }
        self.parts = parts
        self.isComplete = isComplete
    }
}

private struct Cut {
    static let partSize = 1 << 19      // numbers, in and out
    static let minimumWork = 1 << 20   // multiplications worth a part of their own
    static let wantedParts = 4

    let shape: ConvolutionShape, direction: ConvolutionDirection
    /// Whether bands are rows; columns otherwise.
    let alongHeight: Bool
    var itemGroups = 1, bands = 1, channelBlocks = 1

    init(_ shape: ConvolutionShape, _ direction: ConvolutionDirection) {
        self.shape = shape
        self.direction = direction
        alongHeight = shape.output.height > 1 || shape.input.height > 1
        let wanted = max(1, min(Self.wantedParts, shape.work / Self.minimumWork))
        // Small maps with many weights: the weights are what is worth sharing out.
        let weightsDominate = shape.weightCount > shape.itemSize && shape.groups == 1
        if weightsDominate, channelCount >= 32 * wanted {
            channelBlocks = wanted
            return
        }
        itemGroups = min(shape.batch, max(wanted, shape.batch * shape.itemSize / Self.partSize))
        if let longest = longestBandCount {
            let bySize = (shape.itemSize / Self.partSize).roundedUp(toMultipleOf: Self.wantedParts)
            let byCount = wanted.ceilDivided(by: itemGroups)
            bands = max(1, min(longest, max(bySize, byCount)))
        }
        if shape.groups == 1, direction != .backwardWeights {
            let missing = wanted / (itemGroups * bands)
            channelBlocks = max(1, min(missing, channelCount / 32))
        }
    }

    private var axis: AxisShape { alongHeight ? shape.height : shape.width }

    var axisLength: Int { direction == .backwardData ? axis.input : axis.output }

    /// The channels that may be shared out: of the result, or of the weights.
    var channelCount: Int { direction == .backwardData ? shape.inputChannels : shape.outputChannels }

    /// A band should be several times longer than the overlap with its neighbours; `nil` where bands do not work.
    private var longestBandCount: Int? {
        guard axis.stride <= axis.reach + 1 else { return nil }
        return axisLength / max(4 * (axis.reach / axis.stride + 1), alongHeight ? 4 : 256)
    }

    func part(items: Range<Int>, channels: Range<Int>, band range: Range<Int>, hasBias: Bool) -> ConvolutionPart? {
        let backwardData = direction == .backwardData
        let whole = (height: shape.height.whole, width: shape.width.whole)
        guard let cut = bands == 1
            ? (alongHeight ? whole.height : whole.width)
            : backwardData ? axis.band(inputs: range) : axis.band(outputs: range)
        else { return nil }
        let (rows, columns) = alongHeight ? (cut, whole.width) : (whole.height, cut)
        let inputs = backwardData ? channels : 0..<shape.inputChannels
        let outputs = backwardData ? 0..<shape.outputChannels : channels
        let weightStride = shape.inputChannels / shape.groups * shape.kernel.area
        let (inputPlane, outputPlane) = (shape.input.area, shape.output.area)
        let geometry = ConvolutionGeometry(
            direction: direction, batch: items.count, groups: shape.groups, inputChannels: inputs.count,
            outputChannels: outputs.count, kernel: shape.kernel, stride: shape.stride, dilation: shape.dilation,
            input: Size2D(rows.input.count, columns.input.count),
            output: Size2D(rows.output.count, columns.output.count),
            padBefore: Size2D(rows.padBefore, columns.padBefore), padAfter: Size2D(rows.padAfter, columns.padAfter),
            inputStrides: [shape.inputChannels * inputPlane, inputPlane, shape.input.width],
            outputStrides: [shape.outputChannels * outputPlane, outputPlane, shape.output.width],
            weightStride: weightStride, hasBias: hasBias)
        return ConvolutionPart(
            plan: .plan(for: geometry),
            inputOffset: (items.lowerBound * shape.inputChannels + inputs.lowerBound) * inputPlane
                + rows.input.lowerBound * shape.input.width + columns.input.lowerBound,
            outputOffset: (items.lowerBound * shape.outputChannels + outputs.lowerBound) * outputPlane
                + rows.output.lowerBound * shape.output.width + columns.output.lowerBound,
            weightOffset: outputs.lowerBound * weightStride + inputs.lowerBound * shape.kernel.area,
            biasOffset: outputs.lowerBound)
    }
}

extension Int {
    fileprivate func roundedUp(toMultipleOf step: Int) -> Int { ceilDivided(by: step) * step }
}
