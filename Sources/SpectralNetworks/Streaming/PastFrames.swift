import NeuralCore

/// A complex frame and the two before it, and the causal filter over them.
package struct PastFrames {
    private let bins: Int
    /// `[2][bins, 2]`, the nearer one first.
    private let past: UnsafeMutablePointer<Float>

    package init(bins: Int, in arena: StreamArena) {
        self.bins = bins
        past = arena.floats(4 * bins)
    }

    /// The sum of three frames of one bin, each times a complex weight: `weights` are those of the previous frame, of
    /// `frame` (`[bins, 2]`) and of the frame before the previous.
    @inline(__always)
    package func filter(_ bin: Int, _ weights: UnsafePointer<Float>, _ frame: UnsafePointer<Float>) -> (re: Float, im: Float) {
        let (i, j) = (2 * bin, 2 * bin + 1), older = past + 2 * bins, m = weights
        return (
            m[0] * past[i] - m[1] * past[j] + m[2] * frame[i] - m[3] * frame[j] + m[4] * older[i] - m[5] * older[j],
            m[0] * past[j] + m[1] * past[i] + m[2] * frame[j] + m[3] * frame[i] + m[4] * older[j] + m[5] * older[i]
        )
    }

    /// `frame` becomes the previous one.
    package func advance(_ frame: UnsafePointer<Float>) {
        (past + 2 * bins).update(from: past, count: 2 * bins)
        past.update(from: frame, count: 2 * bins)
    }

    package func reset() { past.update(repeating: 0, count: 4 * bins) }
}
