import Foundation

/// The learning rate of each step: a linear warm-up, then the peak or a half cosine down to `final`.
///
/// I. Loshchilov and F. Hutter, "SGDR: stochastic gradient descent with warm restarts", ICLR 2017 (one cycle).
public struct LearningRateSchedule: Sendable, Equatable {
    public var peak: Float
    /// Steps from zero to the peak.
    public var warmUpSteps: Int
    /// Steps from the peak to `final`; `nil` keeps the peak.
    public var decaySteps: Int?
    public var final: Float

    public init(peak: Float, warmUpSteps: Int = 0, decaySteps: Int? = nil, final: Float = 0) {
        (self.peak, self.warmUpSteps, self.decaySteps, self.final) = (peak, warmUpSteps, decaySteps, final)
    }

    public static func constant(_ rate: Float) -> LearningRateSchedule { LearningRateSchedule(peak: rate) }

    /// The rate of the step that follows `step` finished ones.
    public func callAsFunction(_ step: Int) -> Float {
        if step < warmUpSteps { return peak * Float(step + 1) / Float(warmUpSteps) }
        guard let decaySteps, decaySteps > 0 else { return peak }
        let progress = min(1, Double(step - warmUpSteps) / Double(decaySteps))
        return final + (peak - final) * Float(0.5 * (1 + Foundation.cos(Double.pi * progress)))
    }
}
