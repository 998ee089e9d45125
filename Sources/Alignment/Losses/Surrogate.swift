import NeuralCore

/// A scalar whose value is a loss and whose gradient by `logProbabilities` is `slopes`.
///
/// Losses here are computed in double precision together with their derivatives; this hands them to automatic
/// differentiation: `loss + Σ slope · (log π − stopped(log π))`.
/// - Parameters:
///   - logProbabilities: any shape, with as many elements as there are slopes.
public func surrogate(loss: Double, slopes: [Double], logProbabilities: Tensor) -> Tensor {
    precondition(
        slopes.count == logProbabilities.count, "\(slopes.count) slopes for \(logProbabilities.count) log-probabilities")
    let weights = Tensor(slopes.map { Float($0) }, shape: logProbabilities.shape)
    return ((logProbabilities - logProbabilities.detached) * weights).sum() + Float(loss)
}
