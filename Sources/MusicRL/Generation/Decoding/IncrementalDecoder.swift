import CKernels
import NeuralCore

/// MusicGen's decoder step by step, for several sequences at once, keys and values of the past kept.
///
/// All sequences share each reading of the weights. What comes out for one does not depend on the others, on how many
/// steps are taken at once or on the number of threads. All memory is there from the start. One thread at a time may
/// use it.
public final class IncrementalDecoder {
    public let weights: DecoderWeights
    /// One for each sequence; nil for the null condition, which attends to no text.
    public let conditions: [TextCondition?]
    /// Steps that can be taken in all.
    public let capacity: Int
    /// Steps taken.
    public private(set) var position = 0
    /// The frame of a clip at which the first step stands.
    private var start = 0

    private let stepsAtOnce: Int
    private let headWidth: Int, inner: Int
    private let positions: SinusoidalPositions
    private let cache: KeyValueCache
    /// The residual stream, and inputs of products.
    private let stream: RowBuffer, normal: RowBuffer, mixed: RowBuffer, raised: RowBuffer
    private let projected: AlignedMemory, scratch: AlignedMemory, scoreMemory: AlignedMemory
    private let scratchLength: Int
    /// The part of the network that first gave numbers that are not finite.
    private var fault: String?

    /// - Parameters:
    ///   - conditions: texts of the sequences; those without come last, which saves work.
    ///   - capacity: steps that can be taken.
    public init(_ weights: DecoderWeights, conditions: [TextCondition?], capacity: Int) {
        (self.weights, self.conditions, self.capacity) = (weights, conditions, capacity)
        let configuration = weights.configuration, width = configuration.width
        headWidth = paneled(configuration.headWidth)
        inner = configuration.heads * headWidth
        positions = SinusoidalPositions(width: width)
        stepsAtOnce = max(1, min(capacity, 32 / conditions.count))
        let rows = conditions.count * stepsAtOnce
        cache = KeyValueCache(
            layers: configuration.layers, sequences: conditions.count, heads: configuration.heads, headWidth: headWidth,
            capacity: capacity, isHalf: weights.precision != .float32)
        (stream, normal) = (RowBuffer(rows: rows, width: width), RowBuffer(rows: rows, width: width))
        (mixed, raised) = (RowBuffer(rows: rows, width: inner), RowBuffer(rows: rows, width: configuration.feedForwardWidth))
        projected = AlignedMemory(bytes: 4 * rows * 3 * inner)
        scratchLength = max(capacity, conditions.map { $0?.length ?? 0 }.max() ?? 0)
        scratch = AlignedMemory(bytes: 4 * rows * configuration.heads * scratchLength)
        scoreMemory = AlignedMemory(bytes: 4 * conditions.count * weights.scores.outputs)
    }

    /// Goes back to the start, for other sequences of the same texts.
    ///
    /// - Parameter start: the frame of the clips with which the sequences begin.
    public func reset(start: Int = 0) { (position, self.start) = (0, start) }

    /// Lets every sequence go on from the past of another one of the same text. Scores are old until the next step.
    func reorder(_ sources: [Int]) {
        precondition(sources.count == conditions.count && sources.enumerated().allSatisfy { conditions[$0] === conditions[$1] })
        cache.reorder(sources)
    }

    /// Takes steps and computes the scores of the codes of the step after the last.
    ///
    /// - Parameter tokens: `[sequences][steps][codebooks]`
    /// - Throws: ``MusicGenerationError/notFinite(part:step:)``.
    public func advance(_ tokens: [[[Int32]]]) throws {
        let count = tokens[0].count
        precondition(tokens.count == conditions.count && position + count <= capacity, "no room for \(count) steps")
        for start in stride(from: 0, to: count, by: stepsAtOnce) {
            let end = min(count, start + stepsAtOnce)
            try advance(steps: end - start, isLast: end == count) { tokens[$0][start + $1] }
        }
    }

    /// The scores of the codes that may come next: `[codebooks][codes]` of one sequence.
    public func scores(_ sequence: Int) -> UnsafeBufferPointer<Float> {
        let count = weights.scores.outputs
        return UnsafeBufferPointer(start: scoreMemory.floats(0) + sequence * count, count: count)
    }

    private func advance(steps: Int, isLast: Bool, token: (_ sequence: Int, _ step: Int) -> [Int32]) throws {
        let rows = conditions.count * steps
        fault = nil
        embed(steps, token)
        check("the embedding of codes", rows)
        for (index, layer) in weights.layers.enumerated() {
            attendToPast(layer, index, steps)
            attendToText(layer, index, steps)
            feedForward(layer, rows)
            check("layer \(index)", rows)
        }
        position += steps
        if isLast { computeScores(steps) }
        if let fault { throw MusicGenerationError.notFinite(part: fault, step: position) }
    }

    private func check(_ part: @autoclosure () -> String, _ rows: Int) {
        if fault == nil, ck_all_finite(stream.values, rows * stream.stride) == 0 { fault = part() }
    }

    /// Rows are in order of sequences, then of steps.
    private func embed(_ steps: Int, _ token: (Int, Int) -> [Int32]) {
        let width = weights.configuration.width
        for step in 0..<steps {
            let vector = positions.vector(at: position + step)
            for sequence in conditions.indices {
                let row = stream.row(sequence * steps + step), tokens = token(sequence, step)
                row.update(from: vector, count: width)
                for (table, token) in zip(weights.embeddings, tokens) {
                    table.withUnsafeBuffer { ck_accumulate($0.baseAddress! + Int(token) * width, row, width) }
                }
                if let tempo = conditions[sequence]?.tempo { addBeat(BeatClock(tempo: tempo, start: start), position + step, to: row) }
            }
        }
    }

    private func addBeat(_ clock: BeatClock, _ step: Int, to row: UnsafeMutablePointer<Float>) {
        guard let beat = weights.beat, let rate = weights.configuration.clockRate else { return }
        let vector = clock.vector(at: step, frameRate: rate)
        beat.withUnsafeBuffer { matrix in
            for output in 0..<weights.configuration.width {
                for (input, value) in vector.enumerated() { row[output] += matrix[output * BeatClock.width + input] * value }
            }
        }
    }

    private func normalize(_ norm: NormWeights, rows: Int) {
        norm.apply(
            stream.values, stride: stream.stride, count: rows, width: stream.width, to: normal.values, stride: normal.stride)
    }

    private func attendToPast(_ layer: DecoderLayerWeights, _ index: Int, _ steps: Int) {
        let rows = conditions.count * steps, stride = 3 * inner, target = projected.floats(rows * stride)
        normalize(layer.selfNorm, rows: rows)
        layer.projections.multiply(normal, count: rows, into: target, stride: stride)
        for row in 0..<rows {
            let keys = target + row * stride + inner
            cache.store(
                keys: keys, values: keys + inner, layer: index, sequence: row / steps, position: position + row % steps)
        }
        let first = position
        attend(rows, queries: target, stride: stride) { row in (self.cache, index, row / steps, first + row % steps + 1) }
        layer.output.multiply(mixed, count: rows, into: stream.values, stride: stream.stride, adds: true)
    }

    private func attendToText(_ layer: DecoderLayerWeights, _ index: Int, _ steps: Int) {
        guard let last = conditions.lastIndex(where: { $0 != nil }) else { return }
        let rows = (last + 1) * steps, target = projected.floats(rows * inner)
        normalize(layer.crossNorm, rows: rows)
        layer.crossQuery.multiply(normal, count: rows, into: target, stride: inner)
        attend(rows, queries: target, stride: inner) { row in
            self.conditions[row / steps].map { ($0.cache, index, 0, $0.length) }
        }
        layer.crossOutput.multiply(mixed, count: rows, into: stream.values, stride: stream.stride, adds: true)
    }

    /// Attention of every row and head, into `mixed`; rows without anything to attend to become zero.
    private func attend(
        _ rows: Int, queries: UnsafeMutablePointer<Float>, stride: Int,
        over source: (_ row: Int) -> (cache: KeyValueCache, layer: Int, sequence: Int, count: Int)?
    ) {
        let heads = weights.configuration.heads, headWidth = headWidth, scratchLength = scratchLength
        let scale = 1 / Float(weights.configuration.headWidth).squareRoot()
        nonisolated(unsafe) let sources = (0..<rows).map(source)
        nonisolated(unsafe) let (mixed, scratch, queries) = (mixed, scratch.floats(0), queries)
        parallelFor(rows * heads) { index in
            let row = index / heads, head = index % heads, output = mixed.row(row) + head * headWidth
            guard let source = sources[row] else { return output.update(repeating: 0, count: headWidth) }
            source.cache.attend(
                queries + row * stride + head * headWidth, layer: source.layer, sequence: source.sequence, head: head,
                count: source.count, scale: scale, scratch: scratch + index * scratchLength, output: output)
        }
    }

    private func feedForward(_ layer: DecoderLayerWeights, _ rows: Int) {
        normalize(layer.feedForwardNorm, rows: rows)
        layer.up.multiply(normal, count: rows, into: raised.values, stride: raised.stride) { values, count in
            ck_unary(CK_GELU, values, values, count, 0, 0)
        }
        layer.down.multiply(raised, count: rows, into: stream.values, stride: stream.stride, adds: true)
    }

    private func computeScores(_ steps: Int) {
        let width = weights.configuration.width, count = conditions.count
        for sequence in 0..<count {
            weights.norm.apply(
                stream.row(sequence * steps + steps - 1), stride: stream.stride, count: 1, width: width,
                to: normal.row(sequence), stride: normal.stride)
        }
        let scores = weights.scores, target = scoreMemory.floats(count * scores.outputs)
        scores.multiply(normal, count: count, into: target, stride: scores.outputs)
        if fault == nil, ck_all_finite(target, count * scores.outputs) == 0 { fault = "the scores of codes" }
    }
}
