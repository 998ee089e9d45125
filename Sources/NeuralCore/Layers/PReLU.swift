/// x above zero, a learned slope times x below; `weight` holds one slope for all channels or one for each.
///
/// K. He et al., "Delving deep into rectifiers", ICCV 2015.
public struct PReLU: Layer {
    public var weight: Tensor

    public init(channels: Int = 1, slope: Float = 0.25) {
        weight = .full([channels], slope)
    }

    /// `input` is `[batch, channels, …]`.
    public func callAsFunction(_ input: Tensor) -> Tensor {
        let slopes = weight.count == 1 ? weight : weight.reshaped([-1] + Array(repeating: 1, count: max(0, input.rank - 2)))
        return relu(input) - slopes * relu(-input)
    }

    public mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("weight", &weight)
    }
}
