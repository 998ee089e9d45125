import NeuralCore

/// What stands in for frames after the end of a recording when a network wants a round number of them.
public enum FramePadding: String, Sendable, Codable, CaseIterable {
    case zeros
    /// The last frames mirrored at the last one, which is not repeated.
    case reflection
    /// The last frame, again and again.
    case replication

    /// Appends frames to spectra `[batch, frames, bins, 2]` up to the next multiple of `multiple`.
    ///
    /// - Throws: `ScoreDiffusionError.recordingTooShort` if a reflection would need more frames than there are.
    public func pad(_ spectra: Tensor, toMultipleOf multiple: Int) throws -> Tensor {
        let frames = spectra.shape[1]
        let missing = (multiple - frames % multiple) % multiple
        guard missing > 0 else { return spectra }
        switch self {
        case .zeros:
            return spectra.padded([(0, 0), (0, missing), (0, 0), (0, 0)])
        case .reflection:
            guard frames > missing else {
                throw ScoreDiffusionError.recordingTooShort(frames: frames, needed: missing + 1)
            }
            return spectra.gathered(axis: 1, indices: Array(0..<frames) + (1...missing).map { frames - 1 - $0 })
        case .replication:
            guard frames > 0 else { throw ScoreDiffusionError.recordingTooShort(frames: 0, needed: 1) }
            return spectra.gathered(axis: 1, indices: Array(0..<frames) + Array(repeating: frames - 1, count: missing))
        }
    }
}
