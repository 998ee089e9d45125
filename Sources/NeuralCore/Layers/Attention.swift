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
    let scale = scale ?? 1 / Float(query.shape[query.rank - 1]).squareRoot()
    var scores = matmul(query * scale, key, transposeB: true)
    if let mask { scores = scores + mask }
    return matmul(scores.softmax(axis: -1), value)
}

/// A mask that hides every source behind the position: 0 on and below the diagonal, -∞ above. `[length, length]`
public func causalMask(_ length: Int) -> Tensor {
    Tensor(shape: [length, length]) { buffer in
        for row in 0..<length {
            for column in 0..<length { buffer[row * length + column] = column > row ? -.infinity : 0 }
        }
    }
}
