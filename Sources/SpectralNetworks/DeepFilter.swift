import CKernels
import NeuralCore

/// Complex filters over neighbouring frames, the last step of `EnhancerNetwork`.
///
/// `filters` is `[batch, time, frequency, 5, 2]`: complex weights for three noisy frames (the previous, the present and
/// the next, or where `causal` the one before the previous) and for the state, then a complex term that is added as it
/// is. `noisy` and `state` are `[batch, time, frequency, 2]`, and so is the result; frames beyond either end count as
/// zero. A short form of Mack and Habets, "Deep Filtering", IEEE Signal Processing Letters 27, 2020, equation 4.
package func deepFilter(_ filters: Tensor, noisy: Tensor, state: Tensor, causal: Bool = false) -> Tensor {
    let plan = DeepFilterPlan(noisy.shape, third: causal ? -2 : 1)
    precondition(filters.shape == noisy.shape.dropLast() + [DeepFilterPlan.terms, 2], "filters do not fit the spectrogram")
    precondition(state.shape == noisy.shape, "state and noisy spectrogram differ in shape")
    return Tensor.recorded(plan.apply(filters, noisy, state), from: [filters, noisy, state]) { gradient in
        [
            plan.filtersGradient(gradient, noisy, state),
            noisy.requiresGradient ? plan.sourceGradient(gradient, filters, terms: [(0, 1), (1, 0), (2, -plan.third)]) : nil,
            state.requiresGradient ? plan.sourceGradient(gradient, filters, terms: [(3, 0)]) : nil,
        ]
    }
}

/// Runs the frame kernels of `deepFilter` over a batch, frames in parallel.
private struct DeepFilterPlan: Sendable {
    static let terms = 5
    let shape: [Int], frames: Int, bins: Int
    /// Where the third frame lies, seen from the present one.
    let third: Int

    init(_ shape: [Int], third: Int) {
        precondition(shape.count == 4 && shape[3] == 2, "a spectrogram is [batch, time, frequency, 2]")
        (self.shape, frames, bins, self.third) = (shape, shape[1], shape[2], third)
    }

    private var rows: Int { shape[0] * frames }
    private var frameLength: Int { bins * 2 }
    private var filterLength: Int { bins * Self.terms * 2 }

    func apply(_ filters: Tensor, _ noisy: Tensor, _ state: Tensor) -> Tensor {
        overFrames(reading: [filters, noisy, state], writing: shape, frameLength) { row, sources, output in
            ck_deep_filter(
                sources[0] + row * filterLength, neighbour(sources[1], row, -1), neighbour(sources[1], row, 0),
                neighbour(sources[1], row, third), neighbour(sources[2], row, 0), output, bins)
        }
    }

    func filtersGradient(_ gradient: Tensor, _ noisy: Tensor, _ state: Tensor) -> Tensor {
        overFrames(reading: [gradient, noisy, state], writing: shape.dropLast() + [Self.terms, 2], filterLength) { row, sources, output in
            ck_deep_filter_gradient(
                neighbour(sources[0], row, 0), neighbour(sources[1], row, -1), neighbour(sources[1], row, 0),
                neighbour(sources[1], row, third), neighbour(sources[2], row, 0), output, bins)
        }
    }

    /// `terms` pairs a filter term with the offset of the frame whose output it entered.
    func sourceGradient(_ gradient: Tensor, _ filters: Tensor, terms: [(term: Int, offset: Int)]) -> Tensor {
        overFrames(reading: [gradient, filters], writing: shape, frameLength) { row, sources, output in
            output.update(repeating: 0, count: frameLength)
            for (term, offset) in terms {
                guard let gradient = neighbour(sources[0], row, offset) else { continue }
                ck_deep_filter_adjoint(
                    sources[1] + (row + offset) * filterLength, Int32(term), gradient, output, bins)
            }
        }
    }

    private func neighbour(_ source: UnsafePointer<Float>, _ row: Int, _ offset: Int) -> UnsafePointer<Float>? {
        (0..<frames).contains(row % frames + offset) ? source + (row + offset) * frameLength : nil
    }

    private func overFrames(
        reading sources: [Tensor], writing shape: [Int], _ stride: Int,
        _ body: @Sendable (_ row: Int, _ sources: [UnsafePointer<Float>], _ output: UnsafeMutablePointer<Float>) -> Void
    ) -> Tensor {
        withPointers(to: sources) { pointers in
            Tensor(shape: shape) { output in
                nonisolated(unsafe) let (output, pointers) = (output.baseAddress!, pointers)
                parallelFor(rows) { row in body(row, pointers, output + row * stride) }
            }
        }
    }
}

/// Lends the elements of several tensors at once.
package func withPointers<R>(to tensors: [Tensor], _ body: ([UnsafePointer<Float>]) throws -> R) rethrows -> R {
    func lend(_ index: Int, _ pointers: [UnsafePointer<Float>]) throws -> R {
        guard index < tensors.count else { return try body(pointers) }
        return try tensors[index].withUnsafeBuffer { try lend(index + 1, pointers + [$0.baseAddress!]) }
    }
    return try lend(0, [])
}
