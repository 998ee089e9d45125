import NeuralCore
import TestSupport

/// The reference stores complex spectra as `[batch, 1, bins, frames, 2]` and images as `[batch, channels, bins, frames]`.
extension Fixture {
    /// Spectra `[batch, frames, bins, 2]`.
    func spectra(_ name: String) throws -> Tensor {
        try tensor(name).framesFirst
    }

    /// A stack of draws or states, in order.
    func spectraSequence(_ name: String) throws -> [Tensor] {
        let stack = try tensor(name)
        return (0..<stack.shape[0]).map { index in
            stack.sliced(axis: 0, index..<index + 1).reshaped(Array(stack.shape.dropFirst())).framesFirst
        }
    }

    /// The members of `config` that are cases: objects for which `isCase` holds.
    func cases(where isCase: (JSONValue) -> Bool) -> [(name: String, settings: JSONValue)] {
        (config.object?.keys ?? []).map { ($0, config[$0]) }.filter { $0.1.object != nil && isCase($0.1) }
    }
}

extension Tensor {
    /// `[batch, 1, bins, frames, 2]` (or without the 1) as `[batch, frames, bins, 2]`.
    var framesFirst: Tensor {
        let (bins, frames) = (shape[rank - 3], shape[rank - 2])
        return reshaped([count / (bins * frames * 2), bins, frames, 2]).transposed([0, 2, 1, 3])
    }

    /// One item of a batch, as a batch of one.
    func item(_ index: Int) -> Tensor { sliced(axis: 0, index..<index + 1) }
}
