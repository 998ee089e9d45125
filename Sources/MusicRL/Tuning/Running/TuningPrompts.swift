import NeuralCore
import Training

/// The prompts that are tuned on, and those that are only measured with.
public struct TuningPrompts: Sendable, Equatable {
    public let training: [String]
    public let heldOut: [String]

    /// - Parameters:
    ///   - heldOut: prompts of their own; nil takes a fifth of the others away, `count` at most.
    /// - Throws: ``TuningError/invalidPrompts(reason:)`` for none, and for prompts on both sides.
    public init(_ prompts: [String], heldOut: [String]?, count: Int, seed: UInt64) throws {
        guard !prompts.isEmpty else { throw TuningError.invalidPrompts(reason: "there are none") }
        if let heldOut {
            guard !heldOut.isEmpty else { throw TuningError.invalidPrompts(reason: "none are held out") }
            if let both = heldOut.first(where: Set(prompts).contains) {
                throw TuningError.invalidPrompts(reason: "\"\(both.prefix(60))\" is both tuned on and held out")
            }
            (training, self.heldOut) = (prompts, Array(heldOut.prefix(count)))
            return
        }
        let distinct = prompts.enumerated().filter { prompts.firstIndex(of: $1) == $0 }.map(\.1)
        guard distinct.count > 1 else {
            // One prompt is measured with itself, by other seeds.
            (training, self.heldOut) = (prompts, distinct)
            return
        }
        var random = RandomPurpose.split.generator(run: seed)
        let shuffled = distinct.shuffled(using: &random), size = min(count, max(1, distinct.count / 5))
        let held = Set(shuffled.prefix(size))
        self.heldOut = distinct.filter(held.contains)
        training = prompts.filter { !held.contains($0) }
    }

    /// All of them, those that are tuned on first.
    public var all: [String] { training + heldOut }
}
