import NeuralCore

/// A part of a network along time that takes its input in pieces of any length.
///
/// The results of all pieces, one behind the other, are the result for the whole input but for rounding. A copy before the
/// first piece is a fresh stream.
protocol TimeStream: Sendable {
    /// Takes the next columns of `[batch, channels, time]`, perhaps none, and returns the columns that are now settled.
    /// - Parameter isLast: whether the input ends here. The stream then stands before a new input.
    mutating func process(_ input: Tensor, isLast: Bool) -> Tensor
}

/// Streams of which each takes what the one before gives.
struct StreamSequence: TimeStream {
    var streams: [any TimeStream]

    mutating func process(_ input: Tensor, isLast: Bool) -> Tensor {
        var columns = input
        for index in streams.indices { columns = streams[index].process(columns, isLast: isLast) }
        return columns
    }
}

/// A map of each column by itself.
struct ColumnMap: TimeStream {
    /// Channels of its results.
    let outputs: Int
    /// From and to `[batch, time, channels]`.
    let map: @Sendable (Tensor) -> Tensor

    mutating func process(_ input: Tensor, isLast: Bool) -> Tensor {
        guard !input.isEmpty else { return .zeros([input.shape[0], outputs, 0]) }
        return map(input.transposed([0, 2, 1])).transposed([0, 2, 1])
    }
}

/// The exponential linear unit, x or eˣ − 1.
struct ELUStream: TimeStream {
    mutating func process(_ input: Tensor, isLast: Bool) -> Tensor { input.isEmpty ? input : elu(input) }
}

/// A block whose input is added to its result, by way of a convolution of one column where there is one.
struct ResidualStream: TimeStream {
    var block: StreamSequence
    var shortcut: ConvolutionStream?
    /// Input that the block has not answered yet.
    private var waiting: Tensor?

    init(block: StreamSequence, shortcut: ConvolutionStream?) { (self.block, self.shortcut) = (block, shortcut) }

    mutating func process(_ input: Tensor, isLast: Bool) -> Tensor {
        let direct = waiting.joined(with: shortcut?.process(input, isLast: isLast) ?? input)
        let result = block.process(input, isLast: isLast), count = result.columnCount
        waiting = isLast || count == direct.columnCount ? nil : direct.columns(from: count)
        return count == 0 ? result : direct.columns(0..<count) + result
    }
}

extension Tensor {
    /// Of `[batch, channels, time]`.
    var columnCount: Int { shape[2] }
    var isEmpty: Bool { count == 0 }

    func columns(_ range: Range<Int>) -> Tensor { sliced(axis: 2, range) }
    func columns(from start: Int) -> Tensor { columns(start..<columnCount) }
}

extension Tensor? {
    /// What waited, if anything, and what has come.
    func joined(with input: Tensor) -> Tensor {
        guard let self else { return input }
        return input.isEmpty ? self : .concatenated([self, input], axis: 2)
    }
}
