import NeuralCore

/// The nonlinearities that NCSN++ can be built with.
public enum Activation: String, Sendable, Codable, CaseIterable {
    case swish, elu, relu
    /// Slope 0.2 below zero.
    case leakyReLU

    func callAsFunction(_ input: Tensor) -> Tensor {
        switch self {
        case .swish: NeuralCore.silu(input)
        case .elu: NeuralCore.elu(input)
        case .relu: NeuralCore.relu(input)
        case .leakyReLU: NeuralCore.leakyReLU(input, slope: 0.2)
        }
    }
}
