/// softmax(query keyᵀ · scale + mask) value, over the last two axes; leading axes (batch, heads) broadcast.
///
/// A. Vaswani et al., "Attention is all you need", NeurIPS 2017.
/// - Parameters:
///   - query: `[…, positions, features]`
///   - key: `[…, sources, features]`
///   - value: `[…, sources, outputs]`
///   - mask: added to the scores, broadcast to `[…, positions, sources]`; -∞ hides a source.
///   - scale: 1/√features when `nil`.
/// - Returns: `[…, positions, outputs]`
public func scaledDotProductAttention(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor? = nil, scale: Float? = nil
) -> Tensor {
    let mask = mask.map { $0.shape.last == key.shape[key.rank - 2] ? $0 : $0 + .zeros([key.shape[key.rank - 2]]) }
    let plan = AttentionPlan(query: query, key: key, value: value, mask: mask, scale: scale)
    let operands = [query, key, value] + (mask.map { [$0] } ?? []), (q, k, v) = (query.detached, key.detached, value.detached)
    let (result, weights) = plan.forward(
        q, k, v, mask?.detached, keepsWeights: operands.contains(where: \.requiresGradient))
    guard let weights else { return result }
    let trace = AttentionPlan.Trace(query: q, key: k, value: v, result: result, weights: weights)
    let wanted = (
        query: query.requiresGradient, key: key.requiresGradient, value: value.requiresGradient,
        mask: mask?.requiresGradient == true)
    return Tensor.recorded(result, from: operands) { [shapes = operands.map(\.shape)] gradient in
        let gradients = plan.gradients(gradient, trace, wanted: wanted)
        return zip([gradients.query, gradients.key, gradients.value, gradients.scores], shapes).map { $0?.summed(to: $1) }
    }
}

/// A mask that hides every source behind the position: 0 on and below the diagonal, -∞ above. `[length, length]`
public func causalMask(_ length: Int) -> Tensor {
    Tensor(shape: [length, length]) { buffer in
        for row in 0..<length {
            for column in 0..<length { buffer[row * length + column] = column > row ? -.infinity : 0 }
        }
    }
}
