import ScoreDiffusion

/// A model that is a function of one segment.
struct FunctionModel: SpeechModel {
    var sampleRate = 16_000
    var defaultSteps = 1
    var frameAlignment = 256
    var function: @Sendable ([Float], SegmentNoise) -> [Float]

    init(alignment: Int = 256, _ function: @escaping @Sendable ([Float], SegmentNoise) -> [Float]) {
        frameAlignment = alignment
        self.function = function
    }

    init(_ function: @escaping @Sendable ([Float]) -> [Float]) {
        self.init { samples, _ in function(samples) }
    }

    static let identity = FunctionModel { $0 }
    static let silence = FunctionModel { $0.map { _ in 0 } }

    func enhance(
        _ waveform: [Float], steps: Int, noise: SegmentNoise, onStep: (Int) throws -> Void
    ) throws -> [Float] {
        for step in 1...steps { try onStep(step) }
        return function(waveform, noise)
    }
}

/// White noise in [-1, 1] times `level`, whose mean is near zero.
func testNoise(_ count: Int, level: Float = 0.1, seed: UInt64 = 1) -> [Float] {
    var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    return (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return level * (Float(state >> 40) * 0x1p-23 - 1)
    }
}

func withoutMean(_ samples: [Float]) -> [Float] {
    let mean = Float(samples.reduce(0.0) { $0 + Double($1) } / Double(max(1, samples.count)))
    return samples.map { $0 - mean }
}

func meanSquare(_ samples: some Collection<Float>) -> Double {
    samples.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(max(1, samples.count))
}
