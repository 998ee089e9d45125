import Foundation

/// The frames of the composite measures: 30 ms every 7.5 ms under a Hann window without its zeros.
struct ShortFrames {
    let length: Int
    let hop: Int
    let window: [Double]

    init(sampleRate: Int) {
        let length = max(4, Int((0.03 * Double(sampleRate)).rounded()))
        self.length = length
        hop = max(1, Int(0.25 * 0.03 * Double(sampleRate)))
        window = (1...length).map { 0.5 * (1 - cos(2 * .pi * Double($0) / Double(length + 1))) }
    }

    /// Whole frames in so many samples.
    func count(_ samples: Int) -> Int { (samples - (length - hop)) / hop }
}

/// The mean of the 95 % smallest values, the rest being taken for outliers.
func trimmedMean(_ values: [Double]) -> Double {
    let kept = Int((0.95 * Double(values.count)).rounded(.toNearestOrEven))
    return values.sorted().prefix(kept).reduce(0, +) / Double(kept)
}
