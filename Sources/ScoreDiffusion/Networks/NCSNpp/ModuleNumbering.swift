import NeuralCore

/// Gives parts of a network the names `all_modules.0`, `all_modules.1`, … in the order in which they come by.
///
/// The published network keeps its parts in one list; its checkpoints' keys are positions in it.
struct ModuleNumbering {
    private(set) var next = 0

    mutating func visit(_ layer: inout some Layer, with visitor: inout some ParameterVisitor) throws {
        try visitor.visit("all_modules.\(next)", &layer)
        next += 1
    }

    mutating func visit<L: Layer>(ifPresent layer: inout L?, with visitor: inout some ParameterVisitor) throws {
        guard layer != nil else { return }
        try visitor.visit("all_modules.\(next)", &layer)
        next += 1
    }

    mutating func visit(_ head: inout OutputHead?, with visitor: inout some ParameterVisitor) throws {
        guard head != nil else { return }
        try visit(&head!.norm, with: &visitor)
        try visit(&head!.convolution, with: &visitor)
    }

    /// Passes over a part of the list that has no parameters.
    mutating func skip() { next += 1 }
}
