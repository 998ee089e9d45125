import NeuralCore
import TestSupport
import Testing

@testable import ScoreDiffusion

/// Whole training steps with recorded batches and draws: losses within 1e-5, first gradients within 5e-4, weights and
/// averaged weights within 1e-3 of the reference, relative L2 per tensor.
///
/// The bias of the attention's keys is left out: its gradient is zero but for rounding, and Adam makes full steps of that.
@Suite struct TrainingStepParityTests {
    @Test(arguments: Fixture.all(in: "sgmse/train_score"))
    func scoreMatching(_ fixture: Fixture) throws {
        let process = try OUVESDE(reference: fixture.config)
        try replay(fixture, NCSNppScoreModel(try fixture.network(fixture.config), process: process, reading: .negatedScore)) {
            output, batch in
            scoreMatchingLoss(
                score: output, noise: batch.noise, deviations: batch.times.map { process.marginal(at: $0).deviation })
        }
    }

    @Test(arguments: Fixture.all(in: "sgmse/train_sb"))
    func dataPrediction(_ fixture: Fixture) throws {
        let process = try SchroedingerBridgeVE(reference: fixture.config)
        let loss = DataPredictionLoss(transform: try SpectrogramTransform(.init(reference: fixture.config)))
        let model = NCSNppScoreModel(
            try fixture.network(fixture.config), process: process,
            reading: .preconditioned(Preconditioning(), .cleanEstimate))
        try replay(fixture, model) { output, batch in try loss(estimate: output, clean: batch.clean) }
    }

    private struct Batch {
        var clean: Tensor, noisy: Tensor, noise: Tensor, times: [Double]

        init(_ fixture: Fixture, step: Int, earliest: Double) throws {
            clean = try fixture.spectra("\(step).x")
            noisy = try fixture.spectra("\(step).y")
            noise = try fixture.spectra("\(step).z")
            times = try fixture.doubles("\(step).u").map { $0 * (1 - earliest) + earliest }
        }
    }

    private func replay<Process: SDE>(
        _ fixture: Fixture, _ start: NCSNppScoreModel<Process>, loss: (Tensor, Batch) throws -> Tensor
    ) throws {
        var model = start
        let settings = fixture.config
        var optimizer = AdamW(for: model, learningRate: try #require(settings["lr"].float))
        var average = ExponentialMovingAverage(of: model, decay: try #require(settings["ema_decay"].float))
        let losses = try #require(fixture.io["values"]["losses"].doubles)
        for (step, expected) in losses.enumerated() {
            let batch = try Batch(fixture, step: step, earliest: try #require(settings["t_eps"].double))
            let (state, _) = model.process.perturbed(
                clean: batch.clean, noisy: batch.noisy, at: batch.times, noise: batch.noise)
            let (value, gradients) = try valueAndGradient(of: model) { model in
                try loss(model(state, noisy: batch.noisy, times: batch.times), batch)
            }
            expectClose([value.item], [Float(expected)], relativeL2: 1e-5, "loss of step \(step)")
            if step == 0 { try compare(zip(gradients.names, gradients.tensors), "0.grad", fixture, tolerance: 5e-4) }
            optimizer.update(&model, along: gradients)
            average.update(with: model)
        }
        try compare(model.namedParameters(), "after", fixture, tolerance: 1e-3)
        try compare(average.model.namedParameters(), "ema", fixture, tolerance: 1e-3)
    }

    private func compare(
        _ tensors: some Sequence<(String, Tensor)>, _ prefix: String, _ fixture: Fixture, tolerance: Double
    ) throws {
        var count = 0
        for (name, tensor) in tensors where !name.hasSuffix("NIN_1.b") && fixture.hasTensor("\(prefix).\(name)") {
            count += 1
            expectClose(
                tensor.values, try fixture.floats("\(prefix).\(name)"), relativeL2: tolerance, "\(prefix).\(name)")
        }
        let expected = fixture.names.filter { $0.hasPrefix(prefix + ".") && !$0.hasSuffix("NIN_1.b") }
        #expect(count == expected.count, "\(prefix)")
    }
}
