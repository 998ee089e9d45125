import NeuralCore

/// Real and imaginary parts of one shape.
struct ComplexTensor {
    var real: Tensor, imaginary: Tensor

    /// Both parts by one real function, apart.
    func map(_ body: (Tensor) -> Tensor) -> ComplexTensor {
        ComplexTensor(real: body(real), imaginary: body(imaginary))
    }

    /// Multiplies by a complex linear map whose real and imaginary parts are real linear maps (with biases, if they have
    /// any): `(A + iB)(u + iv) = A u − B v + i (A v + B u)`.
    ///
    /// Each map is called once, on both parts stacked along the first axis.
    func multiplied(by realMap: (Tensor) -> Tensor, _ imaginaryMap: (Tensor) -> Tensor) -> ComplexTensor {
        let both = Tensor.concatenated([real, imaginary], axis: 0), count = real.shape[0]
        func halves(_ tensor: Tensor) -> (Tensor, Tensor) {
            (tensor.sliced(axis: 0, 0..<count), tensor.sliced(axis: 0, count..<2 * count))
        }
        let (au, av) = halves(realMap(both)), (bu, bv) = halves(imaginaryMap(both))
        return ComplexTensor(real: au - bv, imaginary: av + bu)
    }

    static func + (a: ComplexTensor, b: ComplexTensor) -> ComplexTensor {
        ComplexTensor(real: a.real + b.real, imaginary: a.imaginary + b.imaginary)
    }

    static func concatenated(_ parts: [ComplexTensor], axis: Int) -> ComplexTensor {
        ComplexTensor(
            real: .concatenated(parts.map(\.real), axis: axis),
            imaginary: .concatenated(parts.map(\.imaginary), axis: axis))
    }
}
