import NeuralCore

/// What a decoder is told of a text.
public struct TextStates: Sendable {
    /// `[pieces, width]`, at least one.
    public var states: Tensor
    /// The tempo that the text names, in beats a minute.
    public var tempo: Double?

    public init(_ states: Tensor, tempo: Double? = nil) { (self.states, self.tempo) = (states, tempo) }
}
