import Foundation

/// How a recording of known length is cut into overlapping segments of nearly equal length.
///
/// Neighbours share `overlap` samples. Only across the sixth in their middle does one fade into the other; outside it
/// the segment that has more context there is heard alone.
struct SegmentPlan: Sendable, Equatable {
    /// Samples of the whole.
    let length: Int
    /// Samples that neighbouring segments share.
    let overlap: Int
    /// First samples, ascending from 0.
    let starts: [Int]

    /// - Parameters:
    ///   - longest: samples that a segment has at most.
    ///   - overlap: samples shared by neighbours, below half of `longest`.
    ///   - alignment: every start is a multiple of it.
    init(length: Int, longest: Int, overlap: Int, alignment: Int) {
        precondition(overlap >= 0 && 2 * overlap < longest && alignment > 0, "segments must advance")
        self.length = length
        self.overlap = overlap
        guard length > longest else {
            starts = [0]
            return
        }
        let hop = (longest - overlap) / alignment * alignment - alignment
        precondition(hop > 0, "segments must be longer than the alignment and the overlap")
        let fresh = length - overlap
        let count = (fresh + hop - 1) / hop
        starts = (0..<count).map { $0 * fresh / count / alignment * alignment }
    }

    init(length: Int, _ segmentation: Segmentation, sampleRate: Int, alignment: Int) {
        self.init(
            length: length, longest: Int(segmentation.duration * Double(sampleRate)),
            overlap: Int(segmentation.overlap * Double(sampleRate)) / alignment * alignment, alignment: alignment)
    }

    var count: Int { starts.count }

    /// The samples of segment `index`.
    func range(_ index: Int) -> Range<Int> {
        starts[index]..<(index + 1 < starts.count ? starts[index + 1] + overlap : length)
    }

    /// The samples that are final once segment `index` has been added.
    func finalEnd(_ index: Int) -> Int {
        index + 1 < starts.count ? starts[index + 1] : length
    }

    /// The share of the later segment at each of the `overlap` samples: 0, then half a cosine, then 1.
    func fade() -> [Float] {
        let guardLength = overlap * 5 / 12
        let fading = overlap - 2 * guardLength
        return (0..<overlap).map { index in
            let position = Double(index - guardLength) + 0.5
            guard position > 0 else { return 0 }
            guard position < Double(fading) else { return 1 }
            return Float(0.5 - 0.5 * cos(.pi * position / Double(fading)))
        }
    }
}
