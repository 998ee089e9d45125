import NeuralCore

/// A linear recursive filter that starts at rest, `Σ a[k] y[n−k] = Σ b[k] x[n−k]` with `a[0] = 1`.
///
/// It runs in double precision, since the poles of narrow filters lie near the unit circle; gradients pass through it by
/// the same filter run backwards.
struct RecursiveFilter: Sendable {
    let numerator: [Double], denominator: [Double]

    init(numerator: [Double], denominator: [Double]) {
        precondition(
            numerator.count == denominator.count && denominator.first == 1, "a filter has as many poles as zeros and a[0] = 1")
        self.numerator = numerator
        self.denominator = denominator
    }

    /// Filters every row of `[batch, samples]`.
    func callAsFunction(_ signals: Tensor) -> Tensor {
        let output = filtered(signals, backwards: false)
        return Tensor.recorded(output, from: [signals]) { gradient in [filtered(gradient, backwards: true)] }
    }

    private func filtered(_ signals: Tensor, backwards: Bool) -> Tensor {
        let (rows, length) = (signals.shape[0], signals.shape[1])
        return signals.withUnsafeBuffer { input in
            Tensor(shape: signals.shape) { output in
                nonisolated(unsafe) let (input, output) = (input, output)
                parallelFor(rows) { row in
                    // Transposed direct form II.
                    var state = [Double](repeating: 0, count: numerator.count)
                    for step in 0..<length {
                        let index = row * length + (backwards ? length - 1 - step : step)
                        let x = Double(input[index]), y = numerator[0] * x + state[0]
                        for tap in 1..<numerator.count {
                            state[tap - 1] = numerator[tap] * x - denominator[tap] * y + state[tap]
                        }
                        output[index] = Float(y)
                    }
                }
            }
        }
    }
}
