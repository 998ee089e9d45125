/// How codes are laid out in steps: each codebook is behind the one before it, so that it is predicted from it.
///
///     step   0  1  2  3  4 …
///     cb 0   S  a0 a1 a2 a3
///     cb 1   S  S  b0 b1 b2
///
/// Two channels have codebooks in turns (left 1, right 1, left 2, …) that share their delays. S is the special token.
/// The pattern is applied whatever the length.
///
/// J. Copet et al., "Simple and controllable music generation", NeurIPS 2023.
public struct DelayPattern: Sendable, Equatable {
    /// Of each codebook, in steps.
    public let delays: [Int]
    /// The token where there is no code.
    public let special: Int32

    public init(codebooks: Int, channels: Int, special: Int32) {
        delays = (0..<codebooks).map { $0 / channels }
        self.special = special
    }

    public var codebooks: Int { delays.count }
    /// Steps before a frame is complete that its first code begins.
    public var longestDelay: Int { delays.last ?? 0 }

    /// Steps that a number of frames takes, with the first, all special.
    public func steps(frames: Int) -> Int { frames + longestDelay + 1 }

    /// The frame whose code stands in a step, which may be none of the clip's.
    public func frame(step: Int, codebook: Int) -> Int { step - 1 - delays[codebook] }

    /// `[codebooks][frames]` to `[codebooks][steps]`
    public func delayed(_ codes: [[Int32]]) -> [[Int32]] {
        let frames = codes[0].count
        return codes.indices.map { codebook in
            (0..<steps(frames: frames)).map { step in
                let frame = frame(step: step, codebook: codebook)
                return (0..<frames).contains(frame) ? codes[codebook][frame] : special
            }
        }
    }

    /// Whether a code stands in each place of ``delayed(_:)``.
    public func validity(frames: Int) -> [[Bool]] {
        delays.indices.map { codebook in
            (0..<steps(frames: frames)).map { (0..<frames).contains(frame(step: $0, codebook: codebook)) }
        }
    }

    /// Which of `count` parts of a clip each place lies in whose code is predicted, `[codebooks × (steps − 1)]`; places
    /// without a code count for the nearest frame.
    func parts(_ count: Int, frames: Int) -> [Int] {
        let steps = steps(frames: frames) - 1
        return (0..<codebooks).flatMap { codebook in
            (0..<steps).map { step in min(max(frame(step: step + 1, codebook: codebook), 0), frames - 1) * count / frames }
        }
    }

    /// Undoes ``delayed(_:)``.
    public func codes(_ delayed: [[Int32]]) -> [[Int32]] {
        let frames = delayed[0].count - longestDelay - 1
        return delayed.indices.map { Array(delayed[$0][(1 + delays[$0])..<(1 + delays[$0] + frames)]) }
    }
}
