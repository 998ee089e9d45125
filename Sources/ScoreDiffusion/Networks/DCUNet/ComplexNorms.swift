import NeuralCore

/// The normalisation of a block's complex channels.
enum ComplexNorm: Layer {
    case split(SplitBatchNorm)
    case joint(JointBatchNorm)

    init(_ channels: Int, _ kind: DCUNetConfiguration.Normalization, using rng: inout Philox) {
        self = switch kind {
        case .split: .split(SplitBatchNorm(channels))
        case .joint: .joint(JointBatchNorm(channels, using: &rng))
        }
    }

    /// `[batch, channels, bins, frames]` in and out.
    ///
    /// - Parameter trains: whether running statistics are noted instead of used.
    mutating func apply(_ input: ComplexTensor, trains: Bool) -> ComplexTensor {
        switch self {
        case .joint(let norm): return norm(input)
        case .split(var norm):
            defer { self = .split(norm) }
            return norm.apply(input, trains: trains)
        }
    }

    mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        switch self {
        case .split(var norm):
            defer { self = .split(norm) }
            try norm.visitParameters(&visitor)
        case .joint(var norm):
            defer { self = .joint(norm) }
            try norm.visitParameters(&visitor)
        }
    }
}

/// Batch normalisation of real and imaginary parts apart.
struct SplitBatchNorm: Layer {
    var real: BatchNorm, imaginary: BatchNorm

    init(_ channels: Int) {
        (real, imaginary) = (BatchNorm(channels), BatchNorm(channels))
    }

    /// - Parameter trains: whether to use and note the statistics of this batch.
    mutating func apply(_ input: ComplexTensor, trains: Bool) -> ComplexTensor {
        guard trains else { return ComplexTensor(real: real(input.real), imaginary: imaginary(input.imaginary)) }
        return ComplexTensor(real: real.trained(on: input.real), imaginary: imaginary.trained(on: input.imaginary))
    }

    mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("re_module", &real)
        try visitor.visit("im_module", &imaginary)
    }
}

/// Normalises real and imaginary parts together: each channel is centred, multiplied by the inverse square root of the
/// covariance of its two parts, then by a symmetric matrix of its own, and shifted (Trabelsi et al., "Deep Complex
/// Networks", 2018, section 3.5).
///
/// Always by the statistics of the batch at hand, as the published network has it.
struct JointBatchNorm: Layer {
    /// The matrix and the shift, `[channels]` each.
    var realWeight: Tensor, crossWeight: Tensor, imaginaryWeight: Tensor
    var realBias: Tensor, imaginaryBias: Tensor
    private static let epsilon: Float = 1e-5

    /// Draws the off-diagonal weights between -0.9 and 0.9.
    init(_ channels: Int, using rng: inout Philox) {
        (realWeight, imaginaryWeight) = (.ones([channels]), .ones([channels]))
        crossWeight = Tensor((0..<channels).map { _ in 1.8 * rng.nextUniform() - 0.9 }, shape: [channels])
        (realBias, imaginaryBias) = (.zeros([channels]), .zeros([channels]))
    }

    func callAsFunction(_ input: ComplexTensor) -> ComplexTensor {
        func mean(_ x: Tensor) -> Tensor { x.mean(axes: [0, 2, 3], keepingDimensions: true) }
        func perChannel(_ x: Tensor) -> Tensor { x.reshaped([x.count, 1, 1]) }
        let centred = input.map { $0 - mean($0) }, (x, y) = (centred.real, centred.imaginary)
        let (xx, xy, yy) = (mean(square(x)) + Self.epsilon, mean(x * y), mean(square(y)) + Self.epsilon)

        // With s² the determinant of a positive matrix M and t² = trace M + 2 s, its square root is (M + s I) / t.
        let s = sqrt(xx * yy - square(xy)), scale = 1 / (s * sqrt(xx + yy + s * 2))
        let (rootXX, rootXY, rootYY) = ((yy + s) * scale, xy * scale * -1, (xx + s) * scale)
        let (whiteX, whiteY) = (rootXX * x + rootXY * y, rootXY * x + rootYY * y)

        let (real, cross) = (perChannel(realWeight), perChannel(crossWeight))
        return ComplexTensor(
            real: real * whiteX + cross * whiteY + perChannel(realBias),
            imaginary: cross * whiteX + perChannel(imaginaryWeight) * whiteY + perChannel(imaginaryBias))
    }

    mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("Wrr", &realWeight)
        try visitor.visit("Wri", &crossWeight)
        try visitor.visit("Wii", &imaginaryWeight)
        try visitor.visit("Br", &realBias)
        try visitor.visit("Bi", &imaginaryBias)
    }
}
