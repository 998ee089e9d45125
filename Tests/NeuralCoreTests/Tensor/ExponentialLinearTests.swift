import Foundation
import NeuralCore
import Testing

@Suite struct ExponentialLinearTests {
    /// Within 2.5·10⁻⁷ of eˣ − 1 in double precision, near zero too, where 1 is taken away from nearly 1.
    @Test func accuracy() {
        let small = (0..<200).map { -powf(10, -Float($0) / 20) }
        let inputs = small + (0..<4000).map { -Float($0) / 30 } + [-1e4, -.infinity, 0, 3, .infinity]
        let outputs = elu(Tensor(inputs, shape: [inputs.count])).values
        for (x, y) in zip(inputs, outputs) {
            let expected = x > 0 ? Double(x) : expm1(Double(x))
            #expect(y == Float(expected) || abs(Double(y) - expected) <= 2.5e-7 * abs(expected), "elu(\(x)) is \(y) instead of \(expected)")
        }
        #expect(elu(Tensor(scalar: .nan)).item.isNaN)
    }
}
