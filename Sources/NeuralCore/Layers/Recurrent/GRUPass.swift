import CKernels

/// One run of a `GRU`, with what its backward pass needs.
///
/// Sequences are cut into chunks whose size follows from their number alone; a chunk runs through all steps of one
/// direction on one thread, so threads never wait for each other inside a sequence.
struct GRUPass: Sendable {
    let output: Tensor
    private let input: Tensor
    private let weights: [[Tensor]]
    /// The gates' values, `[sequences, steps, directions, 3 size]`; the backward pass overwrites them with gradients.
    private let gates: Tensor
    /// W_hn h + b_hn, `[sequences, steps, directions, size]`; overwritten as well.
    private let candidates: Tensor
    private let sequences: Int, steps: Int, features: Int, size: Int
    private var directions: Int { weights.count }
    private var chunk: Int { sequences >= 512 ? 64 : sequences >= 128 ? 32 : 16 }
    private var chunkCount: Int { (sequences + chunk - 1) / chunk }

    /// - Parameter weights: for each direction W_i `[3 size, features]`, W_h `[3 size, size]`, b_i and b_h `[3 size]`.
    init(input: Tensor, weights: [[Tensor]], hiddenSize: Int) {
        (self.input, self.weights, size) = (input, weights, hiddenSize)
        (sequences, steps, features) = (input.shape[0], input.shape[1], input.shape[2])
        let shape = [sequences, steps, weights.count]
        gates = Tensor(uninitialized: shape + [3 * hiddenSize])
        candidates = Tensor(uninitialized: shape + [hiddenSize])
        output = Tensor(uninitialized: [sequences, steps, weights.count * hiddenSize])
        let pass = self
        forEachChunk { rows, direction in pass.run(rows, direction) }
    }

    private func forEachChunk(_ body: @Sendable (Range<Int>, Int) -> Void) {
        let (count, chunk, sequences, directions) = (chunkCount, chunk, sequences, directions)
        parallelFor(count * directions) { index in
            let start = index / directions * chunk
            body(start..<min(start + chunk, sequences), index % directions)
        }
    }

    /// The steps of a direction in their order, each with the one before it.
    private func order(_ direction: Int) -> [(step: Int, previous: Int?)] {
        let path = direction == 0 ? Array(0..<steps) : Array((0..<steps).reversed())
        return path.indices.map { (path[$0], $0 > 0 ? path[$0 - 1] : nil) }
    }

    private func gate(_ sequence: Int, _ step: Int, _ direction: Int) -> UnsafeMutablePointer<Float> {
        gates.freshPointer + ((sequence * steps + step) * directions + direction) * 3 * size
    }

    private func candidate(_ sequence: Int, _ step: Int, _ direction: Int) -> UnsafeMutablePointer<Float> {
        candidates.freshPointer + ((sequence * steps + step) * directions + direction) * size
    }

    private func state(_ sequence: Int, _ step: Int, _ direction: Int) -> UnsafeMutablePointer<Float> {
        output.freshPointer + ((sequence * steps + step) * directions + direction) * size
    }

    // MARK: Forward

    private func run(_ rows: Range<Int>, _ direction: Int) {
        let (first, count, gateWidth) = (rows.lowerBound, rows.count, 3 * size)
        let w = weights[direction], stride = steps * directions
        for row in 0..<count * steps {
            (gate(first, 0, direction) + row * directions * gateWidth).update(from: w[2].pointer, count: gateWidth)
        }
        serialProduct(
            m: count * steps, n: gateWidth, k: features,
            MatrixOperand(input.pointer + first * steps * features, stride: features),
            MatrixOperand(w[0].pointer, stride: features, transposed: true), beta: 1,
            into: gate(first, 0, direction), stride: directions * gateWidth)
        let recurrent = Tensor(uninitialized: [count, gateWidth])
        for (step, previous) in order(direction) {
            for row in 0..<count {
                (recurrent.freshPointer + row * gateWidth).update(from: w[3].pointer, count: gateWidth)
            }
            let before = previous.map { state(first, $0, direction) }
            if let before {
                serialProduct(
                    m: count, n: gateWidth, k: size, MatrixOperand(before, stride: stride * size),
                    MatrixOperand(w[1].pointer, stride: size, transposed: true), beta: 1,
                    into: recurrent.freshPointer, stride: gateWidth)
            }
            ck_gru_step(
                gate(first, step, direction), stride * gateWidth, recurrent.pointer, before, stride * size,
                candidate(first, step, direction), stride * size, state(first, step, direction), stride * size,
                count, size)
        }
    }

    // MARK: Backward

    /// Gradients of the input (if wanted) and of each direction's four tensors. Uses up what the pass kept.
    func gradients(of outputGradient: Tensor, includingInput: Bool) -> [Tensor?] {
        let gateWidth = 3 * size
        let partials = (0..<directions).map { _ in
            [[chunkCount, gateWidth, features], [chunkCount, gateWidth, size], [chunkCount, gateWidth], [chunkCount, gateWidth]]
                .map { Tensor(uninitialized: $0) }
        }
        forEachChunk { rows, direction in
            runBack(rows, direction, outputGradient)
            accumulateWeights(rows, direction, into: partials[direction])
        }
        let inputGradient = includingInput ? self.inputGradient() : nil
        return [inputGradient] + partials.flatMap { $0.map { $0.sum(axes: [0]) } }
    }

    private func runBack(_ rows: Range<Int>, _ direction: Int, _ outputGradient: Tensor) {
        let (first, count, gateWidth) = (rows.lowerBound, rows.count, 3 * size)
        let stride = steps * directions
        let carry = Tensor.zeros([count, size]), recurrent = Tensor(uninitialized: [count, gateWidth])
        for (step, previous) in order(direction).reversed() {
            let source = outputGradient.pointer + ((first * steps + step) * directions + direction) * size
            for row in 0..<count {
                ck_accumulate(source + row * stride * size, carry.freshPointer + row * size, size)
            }
            ck_gru_step_gradient(
                carry.freshPointer, gate(first, step, direction), stride * gateWidth,
                previous.map { UnsafePointer(state(first, $0, direction)) }, stride * size,
                candidate(first, step, direction), stride * size, recurrent.freshPointer, count, size)
            serialProduct(
                m: count, n: size, k: gateWidth, MatrixOperand(recurrent.pointer, stride: gateWidth),
                MatrixOperand(weights[direction][1].pointer, stride: size), beta: 1, into: carry.freshPointer,
                stride: size)
        }
    }

    /// After `runBack`, `gates` hold the gradients of W_i x + b_i and `candidates` the n part of those of W_h h + b_h.
    private func accumulateWeights(_ rows: Range<Int>, _ direction: Int, into partials: [Tensor]) {
        let (first, count, gateWidth) = (rows.lowerBound, rows.count * steps, 3 * size)
        let index = first / chunk, gateStride = directions * gateWidth
        let gates = gate(first, 0, direction), candidates = candidate(first, 0, direction)
        func target(_ part: Int) -> UnsafeMutablePointer<Float> {
            partials[part].freshPointer + index * partials[part].count / chunkCount
        }
        serialProduct(
            m: gateWidth, n: features, k: count, MatrixOperand(gates, stride: gateStride, transposed: true),
            MatrixOperand(input.pointer + first * steps * features, stride: features), into: target(0), stride: features)
        let before = previousStates(rows, direction)
        serialProduct(
            m: 2 * size, n: size, k: count, MatrixOperand(gates, stride: gateStride, transposed: true),
            MatrixOperand(before.pointer, stride: size), into: target(1), stride: size)
        serialProduct(
            m: size, n: size, k: count, MatrixOperand(candidates, stride: directions * size, transposed: true),
            MatrixOperand(before.pointer, stride: size), into: target(1) + 2 * size * size, stride: size)
        for part in 2...3 { target(part).update(repeating: 0, count: gateWidth) }
        for row in 0..<count { ck_accumulate(gates + row * gateStride, target(2), gateWidth) }
        target(3).update(from: target(2), count: 2 * size)
        for row in 0..<count { ck_accumulate(candidates + row * directions * size, target(3) + 2 * size, size) }
    }

    /// The state before each step, `[rows · steps, size]`, contiguous.
    private func previousStates(_ rows: Range<Int>, _ direction: Int) -> Tensor {
        let result = Tensor(uninitialized: [rows.count * steps, size])
        for sequence in rows {
            for (step, previous) in order(direction) {
                let target = result.freshPointer + ((sequence - rows.lowerBound) * steps + step) * size
                if let previous {
                    target.update(from: state(sequence, previous, direction), count: size)
                } else {
                    target.update(repeating: 0, count: size)
                }
            }
        }
        return result
    }

    private func inputGradient() -> Tensor {
        let stacked = Tensor.concatenated(weights.map { $0[0] }, axis: 0)
        let result = Tensor(uninitialized: input.shape), width = directions * 3 * size
        parallelProduct(
            m: sequences * steps, n: features, k: width, MatrixOperand(gates.pointer, stride: width),
            MatrixOperand(stacked.pointer, stride: features), into: result.freshPointer, stride: features)
        return result
    }
}
