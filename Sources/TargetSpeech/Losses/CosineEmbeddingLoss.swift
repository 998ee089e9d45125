import NeuralCore

/// How far embeddings are from what they should be by their angle alone: 1 − cos for the same voice,
/// max(0, cos − margin) for another one.
///
/// - Parameters:
///   - embedding: `[…, features]`
///   - reference: of the same shape.
///   - isSame: whether `reference` is of the same voice.
/// - Returns: `[…]`
public func cosineEmbeddingLoss(_ embedding: Tensor, _ reference: Tensor, isSame: Bool = true, margin: Float = 0.5) -> Tensor {
    let cosine = cosineSimilarity(embedding, reference)
    return isSame ? 1 - cosine : relu(cosine - margin)
}

/// The cosine of the angle between vectors of the last axis, `[…]`; 0 where one of them is zero.
public func cosineSimilarity(_ a: Tensor, _ b: Tensor) -> Tensor {
    let tiny: Float = 1e-12
    let energies = (square(a).sum(axes: [-1]) + tiny) * (square(b).sum(axes: [-1]) + tiny)
    return (a * b).sum(axes: [-1]) / sqrt(energies)
}
