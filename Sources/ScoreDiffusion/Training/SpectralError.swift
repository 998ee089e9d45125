import NeuralCore
import SpectralNetworks

/// Mean over all bins of `complex · |P − S|² + magnitude · (|P| − |S|)²`, a scalar.
///
/// `estimate` P and `target` S are `[batch, time, frequency, 2]`; only `estimate` gets a gradient, which is
/// computed in the same pass as the value.
func spectralError(_ estimate: Tensor, _ target: Tensor, complex: Float, magnitude: Float) -> Tensor {
    precondition(estimate.shape == target.shape, "estimate and target differ in shape")
    let rowLength = estimate.shape[2] * 2, rows = estimate.count / rowLength
    let perBin = 1 / Float(estimate.count / 2)
    var partial = [Double](repeating: 0, count: rows)
    let derivative = partial.withUnsafeMutableBufferPointer { partial in
        withPointers(to: [estimate, target]) { sources in
            Tensor(shape: estimate.shape) { output in
                nonisolated(unsafe) let (partial, sources, output) = (partial.baseAddress!, sources, output.baseAddress!)
                parallelFor(rows) { row in
                    let start = row * rowLength
                    partial[row] = Double(
                        rowError(
                            sources[0] + start, sources[1] + start, derivative: output + start, length: rowLength,
                            complex: complex, magnitude: magnitude, scale: 2 * perBin))
                }
            }
        }
    }
    let value = Tensor(scalar: Float(partial.reduce(0, +)) * perBin)
    return Tensor.recorded(value, from: [estimate]) { gradient in [derivative * gradient.item] }
}

/// The error of one frame; `derivative` receives `scale`/2 times its derivative.
private func rowError(
    _ p: UnsafePointer<Float>, _ s: UnsafePointer<Float>, derivative: UnsafeMutablePointer<Float>, length: Int,
    complex: Float, magnitude: Float, scale: Float
) -> Float {
    var sum: Float = 0
    for i in stride(from: 0, to: length, by: 2) {
        let (u, v) = (p[i] - s[i], p[i + 1] - s[i + 1])
        let size = (p[i] * p[i] + p[i + 1] * p[i + 1] + 1e-8).squareRoot()
        let excess = size - (s[i] * s[i] + s[i + 1] * s[i + 1] + 1e-8).squareRoot()
        sum += complex * (u * u + v * v) + magnitude * excess * excess
        let along = magnitude * excess / size
        derivative[i] = scale * (complex * u + along * p[i])
        derivative[i + 1] = scale * (complex * v + along * p[i + 1])
    }
    return sum
}
