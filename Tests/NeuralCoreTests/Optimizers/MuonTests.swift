import Foundation
import TestSupport
import Testing

@testable import NeuralCore

@Suite struct MuonTests {
    /// On a diagonal matrix the iteration works on each element alone.
    @Test func stepsAreNearlyOrthogonal() {
        let diagonal: [Double] = [3, -0.5, 0.1]
        let matrix = Tensor((0..<12).map { $0 % 4 == $0 / 4 ? Float(diagonal[$0 / 4]) : 0 }, shape: [3, 4])
        let length = diagonal.reduce(0) { $0 + $1 * $1 }.squareRoot()
        let expected = diagonal.map { element -> Double in
            var x = element / length
            for _ in 0..<5 { x = 3.4445 * x - 4.775 * pow(x, 3) + 2.0315 * pow(x, 5) }
            return x * 0.2 * 2
        }
        #expect(expected.allSatisfy { (0.26...0.5).contains(abs($0)) })
        let wide = Muon<Linear>.orthogonalized(matrix).values, tall = Muon<Linear>.orthogonalized(matrix.transposed([1, 0])).values
        for row in 0..<3 {
            for column in 0..<4 {
                let value = row == column ? Float(expected[row]) : 0
                expectClose([wide[row * 4 + column], tall[column * 3 + row]], [value, value], absolute: 1e-5)
            }
        }
    }

    /// Directions of very different curvature are learned at the same pace.
    @Test func unevenProblemsAreLearned() {
        var rng = Philox(seed: 5)
        let scales = Tensor([1, 0.3, 0.1, 0.03], shape: [1, 4])
        let x = Tensor.gaussian([64, 4], using: &rng) * scales
        let truth = Linear(4, 4, using: &rng)
        let y = truth(x)
        func error(_ optimizer: (Linear) -> any Optimizer<Linear>) -> Float {
            var model = Linear(4, 4, using: &rng)
            model.weight = .zeros([4, 4])
            var optimizer = optimizer(model)
            for step in 0..<200 {
                let gradient = valueAndGradient(of: model) { square($0(x) - y).mean() }.1
                optimizer.update(&model, along: gradient, learningRate: 0.05 * Float(200 - step) / 200)
            }
            return square(model.weight - truth.weight).mean().item
        }
        #expect(error { Muon(for: $0) } < 0.1 * square(truth.weight).mean().item)
    }

    @Test func exceptionsAndVectorsAreAdams() {
        let start = OptimizerTests.model(), gradient = OptimizerTests.gradient(start, seed: 2)
        var adam = AdamW(for: start, weightDecay: 0.1), alone = Muon(for: start, weightDecay: 0.1, exceptions: ["weight"])
        var muon = Muon(for: start, weightDecay: 0.1)
        var models = [start, start, start]
        adam.update(&models[0], along: gradient, learningRate: 0.01)
        alone.update(&models[1], along: gradient, learningRate: 0.01)
        muon.update(&models[2], along: gradient, learningRate: 0.01)
        #expect(models[0].weight.values == models[1].weight.values && models[0].bias?.values == models[1].bias?.values)
        #expect(models[0].weight.values != models[2].weight.values && models[0].bias?.values == models[2].bias?.values)
    }

    @Test func goesOnFromACheckpoint() throws {
        try withTemporaryFolder { folder in
            var model = OptimizerTests.model(), optimizer = Muon(for: model, weightDecay: 0.1)
            func update(_ optimizer: inout Muon<Linear>, _ model: inout Linear, _ seed: UInt64) {
                optimizer.update(&model, along: OptimizerTests.gradient(model, seed: seed), learningRate: 0.01)
            }
            update(&optimizer, &model, 1)
            let path = folder + "/state.safetensors"
            try SafeTensorsFile.write(optimizer.state(prefix: "o."), metadata: [:], to: path)
            var resumed = Muon(for: model, weightDecay: 0.1), other = model
            try resumed.restore(from: SafeTensorsFile(path: path), prefix: "o.", step: 1)
            update(&optimizer, &model, 2)
            update(&resumed, &other, 2)
            #expect(model.weight.values == other.weight.values && model.bias?.values == other.bias?.values)
            #expect(resumed.step == 2)
        }
    }
}
