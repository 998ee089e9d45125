import CKernels

/// A small image filter: a kernel of `[height, width]` taps, applied as a true convolution (the kernel is reversed).
///
/// A kernel that is the product of a column and a row is applied as two passes.
public struct FIRKernel: Sendable, Equatable {
    public let height: Int, width: Int
    /// Row-major.
    public let taps: [Float]

    /// The outer product of `taps` with itself, scaled to the sum `gain`.
    public init(_ taps: [Float], gain: Float = 1) {
        let sum = taps.reduce(0) { $0 + Double($1) }
        precondition(sum != 0, "the taps \(taps) add up to zero")
        let scale = Double(gain) / (sum * sum)
        self.init(rows: taps.map { a in taps.map { b in Float(Double(a) * Double(b) * scale) } })
    }

    /// Taps as they are; all rows have one length.
    public init(rows: [[Float]]) {
        height = rows.count
        width = rows.first?.count ?? 0
        taps = rows.flatMap { $0 }
        precondition(taps.count == height * width && width > 0, "the rows of a kernel differ in length")
    }

    /// The same taps, all multiplied by `factor`.
    public func scaled(by factor: Float) -> FIRKernel {
        FIRKernel(rows: (0..<height).map { row in taps[row * width..<(row + 1) * width].map { $0 * factor } })
    }

    /// Column and row whose outer product the kernel is, when it is one to rounding.
    var factors: (vertical: [Float], horizontal: [Float])? {
        guard let peak = taps.indices.max(by: { abs(taps[$0]) < abs(taps[$1]) }), taps[peak] != 0 else { return nil }
        let horizontal = (0..<width).map { taps[peak / width * width + $0] }
        let vertical = (0..<height).map { taps[$0 * width + peak % width] / taps[peak] }
        let isProduct = taps.indices.allSatisfy {
            abs(taps[$0] - vertical[$0 / width] * horizontal[$0 % width]) <= 1e-6 * abs(taps[peak])
        }
        return isProduct ? (vertical, horizontal) : nil
    }

    var reversed: FIRKernel {
        let turned = Array(taps.reversed())
        return FIRKernel(rows: (0..<height).map { Array(turned[$0 * width..<($0 + 1) * width]) })
    }
}

extension Tensor {
    /// Zero insertion, FIR filter and decimation of every plane of `[batch, channels, height, width]`.
    ///
    /// Each axis gets `up − 1` zeros after every point, the padding, a convolution with `kernel`, and every
    /// `down`-th point is kept. Only those points are computed, without the inserted zeros.
    public func upFIRDown(
        _ kernel: FIRKernel, up: Size2D = 1, down: Size2D = 1, padding: Padding2D = 0
    ) -> Tensor {
        precondition(rank == 4, "upFIRDown of \(shape)")
        func extent(_ length: Int, _ up: Int, _ down: Int, _ pad: Int, _ taps: Int) -> Int {
            let room = length * up + pad - taps
            precondition(room >= 0, "\(taps) taps do not fit in \(length) points")
            return room / down + 1
        }
        let output = Size2D(
            extent(shape[2], up.height, down.height, padding.top + padding.bottom, kernel.height),
            extent(shape[3], up.width, down.width, padding.left + padding.right, kernel.width))
        let input = Size2D(shape[2], shape[3])
        let value = correlated(
            kernel.reversed, up: up, down: down, before: Size2D(padding.top, padding.left), output: output)
        return .recorded(value, from: [self]) { gradient in
            // The adjoint swaps up and down and reverses the kernel.
            let before = Size2D(kernel.height - 1 - padding.top, kernel.width - 1 - padding.left)
            return [gradient.correlated(kernel, up: down, down: up, before: before, output: input)]
        }
    }

    /// Twice (`factor` times) as high and wide, low-pass filtered with the outer product of `taps`, of which the sum
    /// does not matter: a constant keeps its value away from the edges.
    public func firUpsampled(by factor: Int = 2, taps: [Float]) -> Tensor {
        let excess = taps.count - factor
        let (before, after) = ((excess + 1) / 2 + factor - 1, excess / 2)
        return upFIRDown(
            FIRKernel(taps, gain: Float(factor * factor)), up: Size2D(factor, factor),
            padding: Padding2D(top: before, bottom: after, left: before, right: after))
    }

    /// Every second (`factor`-th) row and column after a low-pass filter of the outer product of `taps`, of which the
    /// sum does not matter.
    public func firDownsampled(by factor: Int = 2, taps: [Float]) -> Tensor {
        let excess = taps.count - factor
        let (before, after) = ((excess + 1) / 2, excess / 2)
        return upFIRDown(
            FIRKernel(taps), down: Size2D(factor, factor),
            padding: Padding2D(top: before, bottom: after, left: before, right: after))
    }

    /// Every point repeated `factor` times along height and width.
    public func nearestUpsampled(by factor: Int = 2) -> Tensor {
        firUpsampled(by: factor, taps: [Float](repeating: 1, count: factor))
    }

    /// The means of squares of `factor` by `factor` points; height and width are multiples of it.
    public func meanDownsampled(by factor: Int = 2) -> Tensor {
        precondition(shape[2] % factor == 0 && shape[3] % factor == 0, "\(shape) does not split into \(factor)")
        return firDownsampled(by: factor, taps: [Float](repeating: 1, count: factor))
    }

    private func correlated(
        _ kernel: FIRKernel, up: Size2D, down: Size2D, before: Size2D, output: Size2D
    ) -> Tensor {
        let result = Tensor(uninitialized: [shape[0], shape[1], output.height, output.width])
        let (input, factors) = (Size2D(shape[2], shape[3]), kernel.factors)
        nonisolated(unsafe) let target = result.freshPointer
        let perBlock = Swift.max(1, parallelBlockSize / Swift.max(1, Swift.max(input.area, output.area)))
        parallelBlocks(shape[0] * shape[1], size: perBlock) { planes in
            withTaps(kernel, factors) { vertical, horizontal, taps in
                var geometry = ck_fir_geometry(
                    input: input.pair, output: output.pair, up: up.pair, down: down.pair, pad: before.pair,
                    taps: (Int64(kernel.height), Int64(kernel.width)), vertical: vertical, horizontal: horizontal,
                    kernel: taps)
                let status = ck_fir_planes(
                    &geometry, pointer + planes.lowerBound * input.area, target + planes.lowerBound * output.area,
                    Int64(planes.count))
                precondition(status == 0, "there is no memory for a filter")
            }
        }
        return result
    }
}

private func withTaps(
    _ kernel: FIRKernel, _ factors: (vertical: [Float], horizontal: [Float])?,
    _ body: (UnsafePointer<Float>?, UnsafePointer<Float>?, UnsafePointer<Float>?) -> Void
) {
    if let factors {
        factors.vertical.withUnsafeBufferPointer { vertical in
            factors.horizontal.withUnsafeBufferPointer { horizontal in
                body(vertical.baseAddress, horizontal.baseAddress, nil)
            }
        }
    } else {
        kernel.taps.withUnsafeBufferPointer { body(nil, nil, $0.baseAddress) }
    }
}
