import CKernels

/// The two kinds of recurrent cells and how their gates lie in memory.
enum RecurrentCell: Sendable {
    case gru, lstm

    /// Gates with weights of their own.
    var gates: Int { self == .gru ? 3 : 4 }

    /// The gates, as numbered in the weights, in the order of the columns that the input writes.
    ///
    /// The GRU's candidate has separate input and hidden parts. The forward direction keeps its four columns as
    /// hidden candidate, reset, update, input candidate, the reverse one the other way round, so that the columns
    /// of the input are neighbours across both directions, and those of the hidden state within each.
    func inputOrder(_ direction: Int) -> [Int] { self == .lstm ? [0, 1, 2, 3] : direction == 0 ? [0, 1, 2] : [2, 0, 1] }
    func hiddenOrder(_ direction: Int) -> [Int] { self == .lstm ? [0, 1, 2, 3] : direction == 0 ? [2, 0, 1] : [0, 1, 2] }
    /// The first of the four columns that the input writes, and the first that the hidden state writes.
    func inputColumn(_ direction: Int) -> Int { self == .gru && direction == 0 ? 1 : 0 }
    func hiddenColumn(_ direction: Int) -> Int { self == .gru && direction == 1 ? 1 : 0 }
    /// The column of each gate as the kernels number them.
    func columns(_ direction: Int) -> [Int] {
        self == .lstm ? [0, 1, 2, 3] : direction == 0 ? [1, 2, 3, 0] : [1, 2, 0, 3]
    }
}

/// Sizes of one recurrent layer over an axis of `[outer, steps, inner, features]`.
struct RecurrentPlan: Sendable {
    let cell: RecurrentCell
    let directions: Int
    let hidden: Int
    let inputs: Int
    let outer: Int
    let steps: Int
    let inner: Int

    var rows: Int { outer * steps * inner }
    var sequences: Int { outer * inner }
    /// Columns of the gates of all directions.
    var gateWidth: Int { 4 * hidden * directions }
    var outputWidth: Int { hidden * directions }
    /// Columns that one direction's hidden state writes.
    var hiddenWidth: Int { cell.gates * hidden }
    /// The columns that the input writes in all directions; they are neighbours.
    var inputColumns: Range<Int> {
        let start = cell.inputColumn(0) * hidden
        return start..<start + cell.gates * hidden * directions
    }

    /// Sequences that one thread takes through all steps. They follow from the sizes alone.
    var chunks: [RecurrentChunk] {
        if inner == 1 {
            return outer.partitioned(into: chunkCount).map { own in
                let region = own.lowerBound * steps..<own.upperBound * steps
                return RecurrentChunk(
                    firstSequence: own.lowerBound, count: own.count, firstRow: region.lowerBound, rowStride: steps,
                    stepStride: 1, region: region)
            }
        }
        let widths = inner.partitioned(into: chunkCount)
        return (0..<outer).flatMap { item in
            widths.map { own in
                RecurrentChunk(
                    firstSequence: item * inner + own.lowerBound, count: own.count,
                    firstRow: item * steps * inner + own.lowerBound, rowStride: 1, stepStride: inner,
                    region: widths.count == 1 ? item * steps * inner..<(item + 1) * steps * inner : nil)
            }
        }
    }

    /// Chunks of all sequences where `inner` is 1, an even number that two threads share fairly; else of one outer index.
    private var chunkCount: Int {
        guard inner == 1 else { return inner.ceilDivided(by: 64) }
        let count = outer.ceilDivided(by: 32)
        return outer < 16 ? count : count + count % 2
    }

    /// Sequences of the smallest chunk.
    var smallestChunk: Int { (inner == 1 ? outer : inner) / max(1, chunkCount) }
}

/// Some sequences: at step `t` they are the rows `firstRow + t stepStride + k rowStride` for k below `count`.
struct RecurrentChunk: Sendable {
    let firstSequence: Int
    let count: Int
    let firstRow: Int
    let rowStride: Int
    let stepStride: Int
    /// All rows of the chunk, when no other sequence lies between them.
    let region: Range<Int>?

    func row(_ step: Int) -> Int { firstRow + step * stepStride }
}
