import NeuralCore

/// The disturbance that ITU-T P.862 (PESQ) would hear, as a differentiable loss (as in Richter et al., "Investigating
/// Training Objectives for Generative Speech Enhancement", 2025, eq. 13).
///
/// P.862 without the alignment in time and with a recursive filter for the level: two disturbances that count what is
/// added (`asymmetric`) and all that differs (`symmetric`). Their weighted sum is what PESQ subtracts from 4.5; a value
/// of 0 says that no difference can be heard. Only for signals at 16 kHz.
///
/// ```swift
/// let loss = try PESQLoss()(clean: clean, estimate: estimate).mean()
/// ```
public struct PESQLoss: Sendable {
    /// Both `[batch]`, from 0 to 45.
    public struct Disturbances {
        public var symmetric: Tensor
        public var asymmetric: Tensor
    }

    public static let sampleRate = 16_000
    /// Frames are judged together in groups of this many.
    private static let groupLength = 20
    /// The fewest samples that make a group.
    public static let minimumSampleCount = 5376

    private let frontEnd = PerceptualFrontEnd()
    private let bands = PerceptualBands.standard

    public init() {}

    /// The loss of every item, `[batch]`.
    ///
    /// - Parameters:
    ///   - clean: reference waveforms, `[batch, samples]`.
    ///   - estimate: what is judged, of the same shape; gradients pass through it.
    /// - Throws: `ScoreDiffusionError.recordingTooShort` below `minimumSampleCount` samples.
    public func callAsFunction(clean: Tensor, estimate: Tensor) throws -> Tensor {
        let disturbances = try disturbances(clean: clean, estimate: estimate)
        return disturbances.symmetric * 0.1 + disturbances.asymmetric * 0.0309
    }

    public func disturbances(clean: Tensor, estimate: Tensor) throws -> Disturbances {
        precondition(clean.shape == estimate.shape && clean.rank == 2, "waveforms are [batch, samples]")
        let samples = clean.shape[1]
        guard PerceptualFrontEnd.frameCount(samples: samples) >= Self.groupLength else {
            throw ScoreDiffusionError.recordingTooShort(frames: samples, needed: Self.minimumSampleCount)
        }
        let (reference, degraded) = equalized(bandPowers(clean), bandPowers(estimate))
        let difference = audibleDifference(bands.loudness(degraded), bands.loudness(reference))
        let importance = exp(log((bands.audiblePower(reference, factor: 1) + 1e5) * 1e-7) * 0.04)
        func overFrames(_ disturbance: Tensor) -> Tensor {
            overTime(clamp(clamp(disturbance, minimum: Self.smallest) / importance, maximum: 45))
        }
        let asymmetry = asymmetry(degraded, reference)
        return Disturbances(
            symmetric: overFrames(symmetricNorm(difference)),
            asymmetric: overFrames((abs(difference * asymmetry) * bands.widths).sum(axes: [-1])))
    }

    /// Disturbances below this are taken for it: roots have no slope at 0, and the sixth power must not vanish.
    private static let smallest: Float = 1e-5

    /// Powers of the bands in every frame, `[batch, frames, 49]`.
    func bandPowers(_ signals: Tensor) -> Tensor {
        bands.powers(frontEnd.powerSpectra(frontEnd.emphasized(frontEnd.levelled(signals))))
    }

    /// Takes out what a listener forgives: the colour of the degraded signal is given to the reference, the level of the
    /// reference to every frame of the degraded signal (P.862, sections 10.2.5 and 10.2.6).
    private func equalized(_ reference: Tensor, _ degraded: Tensor) -> (reference: Tensor, degraded: Tensor) {
        let speech = bands.audiblePower(reference, factor: 100).values.map { $0 < 1e7 ? Float(0) : 1 }
        let isSpeech = Tensor(speech, shape: [reference.shape[0], reference.shape[1], 1])
        func average(_ powers: Tensor) -> Tensor {
            (powers * bands.audible(powers, factor: 100) * isSpeech).mean(axes: [1], keepingDimensions: true)
        }
        let colour = (average(degraded) + 1000) / (average(reference) + 1000)
        let coloured = reference * clamp(colour, to: 0.01...100)
        let gain = (bands.audiblePower(coloured, factor: 1) + 5e3) / (bands.audiblePower(degraded, factor: 1) + 5e3)
        let frames = gain.shape[1]
        let smoothed = gain.sliced(axis: 1, 1..<frames) * 0.8 + gain.sliced(axis: 1, 0..<frames - 1) * 0.2
        let gains = clamp(.concatenated([gain.sliced(axis: 1, 0..<1), smoothed], axis: 1), to: 3e-4...5)
        return (coloured, degraded * gains.expanded(at: -1))
    }

    /// Differences of loudness beyond the quarter of the softer one that is masked.
    private func audibleDifference(_ degraded: Tensor, _ reference: Tensor) -> Tensor {
        let masked = minimum(degraded, reference) * 0.25, difference = degraded - reference
        return relu(difference - masked) - relu(-difference - masked)
    }

    /// `√(Σ width · Σ (width · d)²)`.
    private func symmetricNorm(_ difference: Tensor) -> Tensor {
        let energy = square(difference * bands.widths).sum(axes: [-1]) * bands.totalWidth
        return sqrt(clamp(energy, minimum: Self.smallest * Self.smallest))
    }

    /// How much more an added sound disturbs than a missing one: `((D + 50)/(R + 50))^1.2`, at most 12, nothing below 3.
    private func asymmetry(_ degraded: Tensor, _ reference: Tensor) -> Tensor {
        let factor = exp(log((degraded + 50) / (reference + 50)) * 1.2)
        let counts = Tensor(factor.values.map { $0 < 3 ? 0 : 1 }, shape: factor.shape)
        return clamp(factor * counts, maximum: 12)
    }

    /// L6 over groups of 20 frames, each sharing half with the next, then L2 over the groups. `[batch, frames]` to
    /// `[batch]`.
    private func overTime(_ disturbance: Tensor) -> Tensor {
        let batch = disturbance.shape[0], half = Self.groupLength / 2, halves = disturbance.shape[1] / half
        let sums = power(disturbance.sliced(axis: 1, 0..<halves * half), 6)
            .reshaped([batch, halves, half]).sum(axes: [2])
        let groups = sums.sliced(axis: 1, 0..<halves - 1) + sums.sliced(axis: 1, 1..<halves)
        return sqrt(power(groups * (1 / Float(Self.groupLength)), 1 / 3).mean(axes: [1]))
    }
}
