import NeuralCore
import TestSupport
import Testing

@Suite struct OptimizerTests {
    static func model(seed: UInt64 = 1) -> Linear {
        var rng = Philox(seed: seed)
        return Linear(3, 2, using: &rng)
    }

    static func gradient(_ model: Linear, seed: UInt64) -> Gradients {
        var rng = Philox(seed: seed)
        let x = Tensor.gaussian([8, 3], using: &rng)
        return valueAndGradient(of: model) { square($0(x) - 1).mean() }.1
    }

    @Test func clippingLimitsTheNorm() {
        var gradients = Self.gradient(Self.model(), seed: 2)
        let norm = gradients.norm
        #expect(norm > 0.1)
        #expect(gradients.clip(toNorm: norm * 2) == norm)
        #expect(gradients.norm == norm)
        #expect(gradients.clip(toNorm: norm / 4) == norm)
        #expect(abs(gradients.norm - norm / 4) < 1e-4 * norm)
    }

    @Test func accumulatedHalvesEqualTheWhole() {
        let model = Self.model()
        var rng = Philox(seed: 3)
        let x = Tensor.gaussian([8, 3], using: &rng)
        func gradient(_ x: Tensor) -> Gradients { valueAndGradient(of: model) { square($0(x)).mean() }.1 }
        let halves = x.split(axis: 0, sizes: [4, 4]).map(gradient)
        let sum = (halves[0] + halves[1]).scaled(by: 0.5), whole = gradient(x)
        for (a, b) in zip(sum.tensors, whole.tensors) { expectClose(a, b, absolute: 1e-6) }
    }

    @Test func averageFollowsTheWarmUp() {
        var model = Self.model(), average = ExponentialMovingAverage(of: model, decay: 0.4)
        var expected = model.weight.values.map(Double.init)
        for step in 1...6 {
            model.weight = model.weight * 1.5
            average.update(with: model)
            let decay = min(0.4, Double(1 + step) / Double(10 + step))
            expected = zip(expected, model.weight.values).map { $0 * decay + Double($1) * (1 - decay) }
        }
        expectClose(average.model.weight.values, expected.map(Float.init), relativeL2: 1e-6)
        #expect(average.updates == 6)
    }

    @Test func schedulesWarmUpAndDecay() {
        let schedule = LearningRateSchedule(peak: 2, warmUpSteps: 4, decaySteps: 10, final: 0.5)
        #expect((0..<4).map { schedule($0) } == [0.5, 1, 1.5, 2])
        #expect(schedule(4) == 2)
        #expect(abs(schedule(9) - 1.25) < 1e-6)
        #expect(schedule(14) == 0.5 && schedule(1000) == 0.5)
        #expect(LearningRateSchedule.constant(3)(77) == 3)
    }
}
